package analysis

import (
	"slices"
	"strconv"
	"strings"

	"tunbench/results"
)

// Distortion is a fact about a host that distorts what is measured on it, or may.
type Distortion string

// The distortions.
const (
	DistortEmulated    Distortion = "emulated"    // no figure tells how fast anything is
	DistortVirtual     Distortion = "virtual"     // a hypervisor may take CPUs away, and move them
	DistortFewCPUs     Distortion = "few_cpus"    // tester and device under test share some
	DistortConfined    Distortion = "confined"    // this process may not use every CPU
	DistortClocksource Distortion = "clocksource" // reading the clock is a system call
)

// CPUs that a sender, a forwarder and a receiver want for themselves.
const enoughCPUs = 3

// Distortions lists what about a host a reader must know, as far as its record tells.
func Distortions(h results.Host) []Distortion {
	var out []Distortion
	add := func(d Distortion, is bool) {
		if is {
			out = append(out, d)
		}
	}
	fast := []string{"", "tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource"}
	add(DistortEmulated, h.Emulated)
	add(DistortVirtual, !h.Emulated && h.Virtualization != "" && h.Virtualization != "none")
	add(DistortFewCPUs, h.Cores > 0 && h.Cores < enoughCPUs)
	add(DistortConfined, h.Cores > 0 && cpusIn(h.CPUsAllowed) > 0 && cpusIn(h.CPUsAllowed) < h.Cores)
	add(DistortClocksource, !slices.Contains(fast, h.Clocksource))
	return out
}

// cpusIn counts the CPUs of a list such as "0-1,4"; 0 where it is none.
func cpusIn(list string) (n int) {
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || to < from {
			return 0
		}
		n += to - from + 1
	}
	return n
}
