package analysis

import (
	"maps"
	"slices"

	"tunbench/results"
)

// Difference is a fact in which two hosts differ. A value that was not recorded is empty.
type Difference struct{ Name, Here, There string }

// Unlike lists the facts that decide how fast packets go and in which two hosts differ. The versions of tunbench and Go are not among it, nor the memory, which
// differs a little with every boot. Of the sysctls, and of the CPUs allowed, those count that both recorded.
func Unlike(here, there results.Host) []Difference {
	facts := []Difference{
		{"host", here.Hostname, there.Hostname},
		{"kernel", here.Kernel, there.Kernel},
		{"CPU", here.CPUModel, there.CPUModel},
		{"number of CPUs", cores(here.Cores), cores(there.Cores)},
		{"virtualization", here.Virtualization, there.Virtualization},
		{"clocksource", here.Clocksource, there.Clocksource},
		{"mitigations", here.Mitigations, there.Mitigations},
	}
	if here.CPUsAllowed != "" && there.CPUsAllowed != "" { // older files have none
		facts = append(facts, Difference{"CPUs allowed", here.CPUsAllowed, there.CPUsAllowed})
	}
	for _, name := range slices.Sorted(maps.Keys(here.Sysctls)) {
		if value, both := there.Sysctls[name]; both {
			facts = append(facts, Difference{name, here.Sysctls[name], value})
		}
	}
	return slices.DeleteFunc(facts, func(d Difference) bool { return d.Here == d.There })
}
