package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// kernelDrops says, for every row whose trials have them, what the kernel dropped in its own words, over all trials used.
func kernelDrops(trials []Trial, groups []group[row]) []string {
	by := map[identity][]DropReason{}
	for _, t := range trials {
		if t.usable() {
			by[identityOf(t)] = append(by[identityOf(t)], t.DropReasons...)
		}
	}
	var lines []string
	for _, r := range allRows(groups) {
		if drops := sumDrops(by[identity{r.Scenario, r.Arm}]); len(drops) > 0 {
			lines = append(lines, "dropped in the kernel, "+r.title()+": "+strings.Join(drops, ", "))
		}
	}
	return lines
}

// sumDrops adds up the packets of each reason and namespace, the most frequent first.
func sumDrops(drops []DropReason) []string {
	sums := map[DropReason]int64{}
	for _, d := range drops {
		sums[DropReason{Reason: d.Reason, Namespace: d.Namespace}] += d.Packets
	}
	var all []DropReason
	for d, n := range sums {
		d.Packets = n
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b DropReason) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Namespace, b.Namespace))
	})
	words := make([]string, len(all))
	for i, d := range all {
		words[i] = plain(fmt.Sprintf("%d %s in %s", d.Packets, d.Reason, d.Namespace))
	}
	return words
}
