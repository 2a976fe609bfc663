package results

import "strings"

// latencies writes a line per trial at a share of what a search found, in a group per scenario, and returns the warnings. Failed and
// interrupted trials have no line.
func (p *page) latencies(trials []Trial, s subjects) (warnings []string) {
	if len(trials) == 0 {
		return nil
	}
	var groups []group[Trial]
	index := map[string]int{}
	for _, t := range trials {
		scenario := searched(t.Scenario)
		warnings = append(warnings, s.warn(scenario, "latency", prefixed(shareLabel(t)+": ", Sentences(TrialWarnings([]Trial{t}))))...)
		i, seen := index[scenario]
		if !seen {
			i = len(groups)
			index[scenario] = i
			groups = append(groups, group[Trial]{heading: s.titles[scenario]})
		}
		if t.Usable() {
			groups[i].rows = append(groups[i].rows, t)
		}
	}
	if columns, dropped := tabulate(p, groups, latencyColumns()); len(columns) > 0 {
		p.explain("Each line is one trial. µs: one-way latency from the intended send time.", dropped)
	}
	return warnings
}

func latencyColumns() []column[Trial] {
	latency := func(of func(*Distribution) int64) func(Trial) string {
		return func(t Trial) string { return microsOf(t.LatencyNs, of) }
	}
	return []column[Trial]{
		{header: "load", left: true, cell: shareLabel},
		{header: "intended\npps", keep: 3, cell: func(t Trial) string { return cellOf(t.IntendedPps, scaledFine) }},
		{header: "loss\n%", keep: 4, cell: func(t Trial) string { return cellOf(t.LossRatio, percent) }},
		{header: headerP50, cell: latency(p50)},
		{header: "p90\nµs", keep: 1, cell: latency(p90)},
		{header: "p99\nµs", cell: latency(p99)},
		{header: "p99.9\nµs", keep: 5, cell: latency(p999)},
		{header: "p99.99\nµs", keep: 2, cell: latency(p9999)},
		{header: "max\nµs", keep: 2, cell: latency(most)},
	}
}

// shareLabel says of what the load is a share: "90 % of NDR".
func shareLabel(t Trial) string {
	if t.GoalShare != nil {
		return significantTo(100*t.GoalShare.Ratio, 2) + " % of " + plain(t.GoalShare.Goal)
	}
	for _, p := range SettingsOf(t.Scenario) {
		if p.Key == "load" {
			return strings.TrimSpace(plain(p.String()))
		}
	}
	return absent
}
