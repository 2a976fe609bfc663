package host

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var errCPUList = errors.New("want numbers of CPUs, such as 0 or 0,2-3")

// maxCPU is above every machine's, and bounds a range that is a slip of the hand.
const maxCPU = 1 << 16

// ParseCPUs reads a list of CPUs as taskset(1) has it: 0,2-5.
func ParseCPUs(text string) ([]int, error) {
	var cpus []int
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, err := parseCPU(first)
		if err != nil {
			return nil, err
		}
		high, err := parseCPU(last)
		if err != nil {
			return nil, err
		}
		if high < low {
			return nil, errCPUList
		}
		for cpu := low; cpu <= high; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

func parseCPU(text string) (int, error) {
	cpu, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || cpu < 0 || cpu > maxCPU {
		return 0, errCPUList
	}
	return cpu, nil
}

// CheckCPUs finds a CPU that this process may not run on.
func CheckCPUs(cpus []int) error {
	allowed, err := AllowedCPUs()
	if err != nil {
		return err
	}
	for _, cpu := range cpus {
		if !slices.Contains(allowed, cpu) {
			return fmt.Errorf("no CPU %d here: want some of the %d that this process may use", cpu, len(allowed))
		}
	}
	return nil
}
