package results

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// notRecorded stands for what a fingerprint lacks.
const notRecorded = "not recorded"

// Unlike says in what two hosts differ that decides how fast packets go, a text each: "kernel: 6.18.0, 6.19.0". The versions of tunbench and
// Go are not among it, nor the memory, which differs a little with every boot. Of the sysctls, and of the CPUs allowed, those count that both recorded.
func (h Host) Unlike(other Host) []string {
	cores := func(h Host) string {
		if h.Cores == 0 {
			return ""
		}
		return strconv.Itoa(h.Cores)
	}
	type fact struct{ name, here, there string }
	facts := []fact{
		{"host", h.Hostname, other.Hostname},
		{"kernel", h.Kernel, other.Kernel},
		{"CPU", h.CPUModel, other.CPUModel},
		{"number of CPUs", cores(h), cores(other)},
		{"virtualization", h.Virtualization, other.Virtualization},
		{"clocksource", h.Clocksource, other.Clocksource},
		{"mitigations", h.Mitigations, other.Mitigations},
	}
	if h.CPUsAllowed != "" && other.CPUsAllowed != "" { // older files have none
		facts = append(facts, fact{"CPUs allowed", h.CPUsAllowed, other.CPUsAllowed})
	}
	for _, name := range slices.Sorted(maps.Keys(h.Sysctls)) {
		if value, both := other.Sysctls[name]; both {
			facts = append(facts, fact{name, h.Sysctls[name], value})
		}
	}
	var differences []string
	for _, f := range facts {
		if f.here != f.there {
			differences = append(differences, fmt.Sprintf("%s: %s, %s", plain(f.name), recorded(f.here), recorded(f.there)))
		}
	}
	return differences
}

func recorded(value string) string {
	if value == "" {
		return notRecorded
	}
	return plain(value)
}
