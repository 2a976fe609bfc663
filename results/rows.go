package results

import (
	"slices"
	"strings"
)

// row is one line of a table: a scenario with its summary.
type row struct {
	Summary
	load  string // how its load differs from that of other rows
	label string // how its device under test differs from that of other rows
}

// isRoundTrip says whether the latency of the row is that of a round trip.
func (r row) isRoundTrip() bool {
	_, ok := r.Stats[RoundTrip("p50")]
	return ok
}

// latency is a percentile of what the row measured, one way or round trip.
func (r row) latency(percentile string) (Stat, bool) {
	metric := Latency(percentile)
	if r.isRoundTrip() {
		metric = RoundTrip(percentile)
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
	return all(rows, func(r row) bool { return r.Used == rows[0].Used && r.Used == r.Trials() })
}

// arrange turns summaries into groups of one load each, loads and devices under test in the order in which they came. Where no load has more than one row,
// all rows form one group without a heading.
func arrange(summaries []Summary) ([]group[row], names) {
	pairs := make([][]Setting, len(summaries))
	for i, s := range summaries {
		pairs[i] = SettingsOf(s.Scenario)
	}
	n := compareNames(pairs)
	var groups []group[row]
	for i, s := range summaries {
		r := row{Summary: s, load: n.load(pairs[i]), label: strings.TrimSpace(s.Arm + " " + n.dut(pairs[i]))}
		j := slices.IndexFunc(groups, func(g group[row]) bool { return g.rows[0].load == r.load })
		if j < 0 {
			j = len(groups)
			groups = append(groups, group[row]{})
		}
		groups[j].rows = append(groups[j].rows, r)
	}
	if len(groups) == len(summaries) {
		return flatten(groups), n
	}
	for i := range groups {
		groups[i].heading = mark(groups[i].rows[0].load, groups[i].rows[0])
	}
	return groups, n
}

// flatten makes one group of groups with one row each.
func flatten(groups []group[row]) []group[row] {
	var flat group[row]
	for _, g := range groups {
		r := g.rows[0]
		r.label = mark(strings.TrimSpace(r.label+" "+r.load), r)
		r.load = ""
		flat.rows = append(flat.rows, r)
	}
	return []group[row]{flat}
}

// mark says beside a text that the row's latency is a round trip.
func mark(text string, r row) string {
	if r.isRoundTrip() {
		return strings.TrimSpace(text + " (round trip)")
	}
	return text
}
