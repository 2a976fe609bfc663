package report

import (
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// row is one line of a table: a scenario with its summary.
type row struct {
	analysis.Summary
	load  string // how its load differs from that of other rows
	label string // how its device under test differs from that of other rows
}

// isRoundTrip says whether the latency of the row is that of a round trip.
func (r row) isRoundTrip() bool {
	_, ok := r.Stats[results.RoundTrip("p50")]
	return ok
}

// latency is a percentile of what the row measured, one way or round trip.
func (r row) latency(percentile string) (analysis.Stat, bool) {
	metric := results.Latency(percentile)
	if r.isRoundTrip() {
		metric = results.RoundTrip(percentile)
	}
	s, ok := r.Stats[metric]
	return s, ok
}

// title names the row where it stands alone.
func (r row) title() string {
	var parts []string
	for _, part := range []string{r.load, r.label} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "the scenario"
	}
	return strings.Join(parts, ", ")
}

// sameCount says whether every row has the same number of trials, none left out.
func sameCount(rows []row) bool {
	return layout.All(rows, func(r row) bool { return r.Used == rows[0].Used && r.Used == r.Trials })
}

// arrange turns summaries into groups of one load each, loads and devices under test in the order in which they came. Where no load has more than one row,
// all rows form one group without a heading.
func arrange(summaries []analysis.Summary) ([]layout.Group[row], names) {
	scenarios := make([]string, len(summaries))
	for i, s := range summaries {
		scenarios[i] = s.Scenario
	}
	pairs := settingsOf(scenarios)
	n := compareNames(pairs)
	var groups []layout.Group[row]
	byLoad := map[string]int{}
	for i, s := range summaries {
		r := row{Summary: s, load: n.load(pairs[i]), label: strings.TrimSpace(s.Arm + " " + n.dut(pairs[i]))}
		j, seen := byLoad[r.load]
		if !seen {
			j = len(groups)
			byLoad[r.load], groups = j, append(groups, layout.Group[row]{})
		}
		groups[j].Rows = append(groups[j].Rows, r)
	}
	if len(groups) == len(summaries) {
		return flatten(groups), n
	}
	for i := range groups {
		groups[i].Heading = mark(groups[i].Rows[0].load, groups[i].Rows[0])
	}
	return groups, n
}

// flatten makes one group of groups with one row each.
func flatten(groups []layout.Group[row]) []layout.Group[row] {
	var flat layout.Group[row]
	for _, g := range groups {
		r := g.Rows[0]
		r.label = mark(strings.TrimSpace(r.label+" "+r.load), r)
		r.load = ""
		flat.Rows = append(flat.Rows, r)
	}
	return []layout.Group[row]{flat}
}

// mark says beside a text that the row's latency is a round trip, and that its guest was emulated.
func mark(text string, r row) string {
	if r.isRoundTrip() {
		text += " (round trip)"
	}
	if results.Emulated(r.Scenario) {
		text += " (emulated)"
	}
	return strings.TrimSpace(text)
}
