package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// AllowedCPUs returns the CPUs that this process may use, by taskset(1) or a cpuset, in
// order: those of its main thread, which nothing here pins.
func AllowedCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(os.Getpid(), &set); err != nil {
		return nil, fmt.Errorf("read CPU affinity: %w", os.NewSyscallError("sched_getaffinity", err))
	}
	return members(&set), nil
}

// AllowedList is the kernel's own word for the CPUs that this process may use, such as
// "0-3,8", and how many they are.
func (m Machine) AllowedList() (list string, count int, err error) {
	if list, err = m.statusLine("Cpus_allowed_list"); err != nil {
		return "", 0, err
	}
	count, err = countCPUs(list)
	return list, count, err
}

// OnlineCPUs returns the number of CPUs that are online.
func (m Machine) OnlineCPUs() (int, error) {
	list, err := m.Read("sys/devices/system/cpu/online")
	if err != nil {
		return 0, err
	}
	return countCPUs(list)
}

// countCPUs counts the members of a list such as "0-3,8", the format of
// Documentation/admin-guide/cputopology.rst.
func countCPUs(list string) (int, error) {
	count := 0
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, errLow := strconv.Atoi(first)
		high, errHigh := strconv.Atoi(last)
		if errLow != nil || errHigh != nil || high < low {
			return 0, fmt.Errorf("parse CPU list %q", list)
		}
		count += high - low + 1
	}
	return count, nil
}

func members(set *unix.CPUSet) (cpus []int) {
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// CPUList writes CPUs, in order, as the kernel does: "0-3,8".
func CPUList(cpus []int) string {
	var parts []string
	for i := 0; i < len(cpus); {
		last := i
		for last+1 < len(cpus) && cpus[last+1] == cpus[last]+1 {
			last++
		}
		part := strconv.Itoa(cpus[i])
		if last > i {
			part += "-" + strconv.Itoa(cpus[last])
		}
		parts, i = append(parts, part), last+1
	}
	return strings.Join(parts, ",")
}
