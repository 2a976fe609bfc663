package results

import (
	"fmt"
	"strings"
)

// kernelDrops says, for every row whose trials have them, what the kernel dropped in its own words, over all trials used.
func kernelDrops(trials []Trial, groups []group[row]) []string {
	var lines []string
	for _, r := range allRows(groups) {
		var words []string
		for _, d := range KernelDrops(trials, r.Scenario, r.Arm) {
			words = append(words, plain(fmt.Sprintf("%d %s in %s", d.Packets, d.Reason, d.Namespace)))
		}
		if len(words) > 0 {
			lines = append(lines, "dropped in the kernel, "+r.title()+": "+strings.Join(words, ", "))
		}
	}
	return lines
}
