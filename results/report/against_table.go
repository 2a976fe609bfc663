package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

const againstLegend = "First line of a block: its medians. Lines below, \"to\" another: its figure divided by the other's, the centre of the ratios of the rounds, with its 95 % interval, or from what to what they were seen where there are fewer than six; " +
	"above 1 is better of rates, below 1 of times and costs. rate: packets per second, of TCP bits per second. p50, p99: one-way latency, or round trip where it says so. " +
	"DUT ns/pkt: CPU time of the device under test's process per packet. limited by: what the line's program could not get past."

// againstRow is a scenario with its medians, or another one that it is set against.
type againstRow struct {
	analysis.Summary
	label string
	pair  *analysis.Pairing // nil: medians
}

// Against renders a run as a table of ratios: the scenarios that have the given settings, each against every other one under the same load. It is an
// error if there are none.
func Against(f *results.File, base []results.Setting, o Options) (string, error) {
	p := page{layout.NewPage(o)}
	p.Paragraph([]string{Fingerprint(f.Host)}, "", text.Bold)
	trials := f.OfPhase(results.PhasePlain)
	pairs, err := analysis.Against(trials, base)
	if err != nil {
		return "", err
	}
	if len(pairs) == 0 {
		return "", fmt.Errorf("no scenario with %s has another one under the same load beside it; a load is a whole number here, such as load=100000", strings.TrimSpace(joinPairs(base)))
	}
	summaries, err := analysis.Summarize(trials)
	if err != nil {
		return "", err
	}
	groups, shared := againstGroups(pairs, summaries)
	if near, far, ok := analysis.CPUDistance(trials); ok {
		p.Paragraph([]string{fmt.Sprintf("CPUs %.0f to %.0f ns from each other, as a cache line goes there and back", near, far)}, layout.Gap, text.Faint)
	}
	p.Paragraph(shared, layout.Gap, text.Faint)
	_, dropped := layout.Tabulate(p.Page, groups, againstColumns())
	p.Explain(againstLegend, dropped)
	p.Paragraph(prefixed("warning: ", Sentences(analysis.FileWarnings(f))), layout.Gap, text.FgYellow)
	return p.String(), nil
}

// againstGroups has a block for each load.
func againstGroups(pairs []analysis.Pairing, summaries []analysis.Summary) (groups []layout.Group[againstRow], shared []string) {
	by := map[string]analysis.Summary{}
	scenarios := make([]string, len(summaries))
	for i, s := range summaries {
		scenarios[i] = s.Scenario
		by[s.Scenario] = s
	}
	settingsBy := map[string][]results.Setting{}
	settings := settingsOf(scenarios)
	for i, s := range scenarios {
		settingsBy[s] = settings[i]
	}
	names := compareNames(settings)
	load := func(scenario string) string { return names.load(settingsBy[scenario]) }
	dut := func(scenario string) string { return plain(names.dut(settingsBy[scenario])) }
	for i := range pairs {
		pair := &pairs[i]
		b := by[pair.B]
		heading := mark(load(pair.B), row{Summary: b})
		at := slices.IndexFunc(groups, func(g layout.Group[againstRow]) bool { return g.Heading == heading })
		if at < 0 {
			at = len(groups)
			groups = append(groups, layout.Group[againstRow]{Heading: heading})
		}
		rows := &groups[at].Rows
		if i == 0 || pair.B != pairs[i-1].B {
			*rows = append(*rows, againstRow{Summary: b, label: dut(pair.B)})
		}
		*rows = append(*rows, againstRow{Summary: by[pair.A], label: "to " + dut(pair.A), pair: pair})
	}
	return groups, common(scenarios, names)
}

func againstColumns() []layout.Column[againstRow] {
	figure := func(metrics ...results.Metric) func(againstRow) string {
		return func(r againstRow) string {
			for _, m := range metrics {
				if text := r.cell(m); text != layout.Absent {
					return text
				}
			}
			return layout.Absent
		}
	}
	return []layout.Column[againstRow]{
		{Left: true, Cell: func(r againstRow) string { return r.label }},
		{Header: "rate", Cell: figure(results.MetricForwarded, results.MetricThroughput)},
		{Header: "p50\nµs", Cell: figure(results.RoundTrip("p50"), results.Latency("p50"))},
		{Header: "p99\nµs", Keep: 4, Cell: figure(results.RoundTrip("p99"), results.Latency("p99"))},
		{Header: "DUT\nns/pkt", Keep: 3, Cell: figure(results.MetricDUTCost)},
		{Header: "rounds", Keep: 1, Cell: againstRow.rounds},
		{Header: "limited\nby", Left: true, Keep: 2, Cell: func(r againstRow) string { return limitedByCell(row{Summary: r.Summary}) }},
	}
}

// cell is a median of the row, or its ratio with its interval.
func (r againstRow) cell(m results.Metric) string {
	if r.pair == nil {
		return medianCell(r.Summary, armWording(m))
	}
	c := r.pair.Comparison(m)
	if c == nil || c.Rounds == 0 {
		return layout.Absent
	}
	switch {
	case c.Rounds == 1:
		return quotient(c.Ratio)
	case c.Confidence == 0: // too few for an interval: what was seen
		return fmt.Sprintf("%s (seen %s to %s)", quotient(c.Ratio), quotient(c.Low), quotient(c.High))
	}
	return fmt.Sprintf("%s (%s to %s)", quotient(c.Ratio), quotient(c.Low), quotient(c.High))
}

// rounds is how many rounds have a ratio in every metric of the row, of how many where some have none.
func (r againstRow) rounds() string {
	if r.pair == nil {
		return countCell(row{Summary: r.Summary})
	}
	if len(r.pair.Comparisons) == 0 {
		return layout.Absent
	}
	least := slices.MinFunc(r.pair.Comparisons, func(a, b analysis.ArmComparison) int { return a.Rounds - b.Rounds })
	return roundsCell(least.Comparison)
}
