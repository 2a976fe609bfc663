package report

import (
	"strconv"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// Headers that the legend explains.
const (
	headerMedian = "\nmedian"
	headerTrend  = "\ntrend"
	headerChance = "\np"
)

func soakNotes() []layout.Note {
	return []layout.Note{
		{Headers: []string{headerMedian}, Text: "median: of the intervals, in the metric's own unit."},
		{Text: "change: fitted over the whole time, relative to the median."},
		{Headers: []string{headerTrend}, Text: "trend: rank correlation with time, 1 if the metric always grew, -1 if it always fell."},
		{Headers: []string{headerChance}, Text: "p: how likely a trend as strong is where there is none."},
	}
}

// soaks writes what changed during each soak, and returns the warnings.
func (p page) soaks(f *results.File) (warnings []string) {
	if len(f.Soaks) == 0 {
		return nil
	}
	s := nameSubjects(scenariosOf(f.Soaks, func(s results.Soak) string { return s.Scenario }))
	p.Section("soak: one load for a long time", s.shared)
	var drifts []layout.Group[results.Drift]
	var memory []layout.Group[results.Memory]
	for _, soak := range f.Soaks {
		drifts = append(drifts, layout.Group[results.Drift]{Heading: s.heading(soak.Scenario, soakFacts(soak)), Rows: soak.Drifts})
		if len(soak.Memory) > 0 {
			memory = append(memory, layout.Group[results.Memory]{Heading: s.titles[soak.Scenario], Rows: soak.Memory})
		}
		warnings = append(warnings, s.warn(soak.Scenario, "soak", append(failure(soak.Error), plainAll(soak.Warnings)...))...)
	}
	if columns, dropped := layout.Tabulate(p.Page, drifts, driftColumns()); len(columns) > 0 {
		p.Explain(layout.Explained(columns, soakNotes()), dropped)
	}
	if len(memory) > 0 {
		layout.Tabulate(p.Page, memory, memoryColumns())
	}
	return append(warnings, perScenario(f.OfPhase(results.PhaseInterval), wholeName, func(scenario string, trials []results.Trial) []string {
		return s.warn(scenario, "soak", Sentences(analysis.TrialWarnings(trials)))
	})...)
}

// soakFacts is what a soak did, for a heading.
func soakFacts(s results.Soak) []string {
	facts := []string{seconds(s.DurationS), results.Count(s.Intervals, "interval")}
	if s.LostPackets != nil {
		facts = append(facts, results.Count(*s.LostPackets, "packet")+" lost")
	}
	if s.Interrupted {
		facts = append(facts, "interrupted")
	}
	return facts
}

func driftColumns() []layout.Column[results.Drift] {
	return []layout.Column[results.Drift]{
		{Left: true, Cell: func(d results.Drift) string { return plain(string(d.Metric)) }},
		{Header: headerMedian, Keep: 3, Cell: func(d results.Drift) string { return scaled(d.Median) }},
		{Header: "change\n%", Cell: func(d results.Drift) string { return signed(d.ChangeRatio, percent) }},
		{Header: headerTrend, Keep: 2, Cell: func(d results.Drift) string { return strconv.FormatFloat(d.RankCorrelation, 'f', 2, 64) }},
		{Header: headerChance, Keep: 1, Cell: func(d results.Drift) string { return cellOf(d.PValue, probability) }},
	}
}

func memoryColumns() []layout.Column[results.Memory] {
	return []layout.Column[results.Memory]{
		{Header: "memory of", Left: true, Cell: func(m results.Memory) string { return plain(string(m.Process)) }},
		{Header: "first\nbytes", Cell: func(m results.Memory) string { return scaled(float64(m.FirstBytes)) }},
		{Header: "last\nbytes", Cell: func(m results.Memory) string { return scaled(float64(m.LastBytes)) }},
		{Header: "growth\nbytes/h", Cell: func(m results.Memory) string { return signed(m.GrowthBytesPerHour, scaled) }},
	}
}
