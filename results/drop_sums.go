package results

import (
	"cmp"
	"slices"
)

// KernelDrops adds up, over the usable trials of a scenario and arm, the packets of each reason and namespace, the most frequent first.
func KernelDrops(trials []Trial, scenario, arm string) []DropReason {
	sums := map[DropReason]int64{}
	for _, t := range trials {
		if t.Usable() && identityOf(t) == (identity{scenario, arm}) {
			for _, d := range t.DropReasons {
				sums[DropReason{Reason: d.Reason, Namespace: d.Namespace}] += d.Packets
			}
		}
	}
	var all []DropReason
	for d, n := range sums {
		d.Packets = n
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b DropReason) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Namespace, b.Namespace))
	})
	return all
}
