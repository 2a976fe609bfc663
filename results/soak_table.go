package results

import (
	"strconv"
)

// Headers that the legend explains.
const (
	headerMedian = "\nmedian"
	headerTrend  = "\ntrend"
	headerChance = "\np"
)

func soakNotes() []note {
	return []note{
		{[]string{headerMedian}, "median: of the intervals, in the metric's own unit."},
		{nil, "change: fitted over the whole time, relative to the median."},
		{[]string{headerTrend}, "trend: rank correlation with time, 1 if the metric always grew, -1 if it always fell."},
		{[]string{headerChance}, "p: how likely a trend as strong is where there is none."},
	}
}

// soaks writes what changed during each soak, and returns the warnings.
func (p *page) soaks(f *File) (warnings []string) {
	if len(f.Soaks) == 0 {
		return nil
	}
	s := nameSubjects(scenariosOf(f.Soaks, func(s Soak) string { return s.Scenario }))
	p.section("soak: one load for a long time", s.shared)
	var drifts []group[Drift]
	var memory []group[Memory]
	for _, soak := range f.Soaks {
		drifts = append(drifts, group[Drift]{s.heading(soak.Scenario, soakFacts(soak)), soak.Drifts})
		if len(soak.Memory) > 0 {
			memory = append(memory, group[Memory]{s.titles[soak.Scenario], soak.Memory})
		}
		warnings = append(warnings, s.warn(soak.Scenario, "soak", append(failure(soak.Error), plainAll(soak.Warnings)...))...)
	}
	if columns, dropped := tabulate(p, drifts, driftColumns()); len(columns) > 0 {
		p.explain(explained(columns, soakNotes()), dropped)
	}
	if len(memory) > 0 {
		tabulate(p, memory, memoryColumns())
	}
	return append(warnings, perScenario(f.OfPhase(PhaseInterval), wholeName, func(scenario string, trials []Trial) []string {
		return s.warn(scenario, "soak", Sentences(TrialWarnings(trials)))
	})...)
}

// soakFacts is what a soak did, for a heading.
func soakFacts(s Soak) []string {
	facts := []string{seconds(s.DurationS), Count(s.Intervals, "interval")}
	if s.LostPackets != nil {
		facts = append(facts, Count(*s.LostPackets, "packet")+" lost")
	}
	if s.Interrupted {
		facts = append(facts, "interrupted")
	}
	return facts
}

func driftColumns() []column[Drift] {
	return []column[Drift]{
		{left: true, cell: func(d Drift) string { return plain(string(d.Metric)) }},
		{header: headerMedian, keep: 3, cell: func(d Drift) string { return scaled(d.Median) }},
		{header: "change\n%", cell: func(d Drift) string { return signed(d.ChangeRatio, percent) }},
		{header: headerTrend, keep: 2, cell: func(d Drift) string { return strconv.FormatFloat(d.RankCorrelation, 'f', 2, 64) }},
		{header: headerChance, keep: 1, cell: func(d Drift) string { return cellOf(d.PValue, probability) }},
	}
}

func memoryColumns() []column[Memory] {
	return []column[Memory]{
		{header: "memory of", left: true, cell: func(m Memory) string { return plain(string(m.Process)) }},
		{header: "first\nbytes", cell: func(m Memory) string { return scaled(float64(m.FirstBytes)) }},
		{header: "last\nbytes", cell: func(m Memory) string { return scaled(float64(m.LastBytes)) }},
		{header: "growth\nbytes/h", cell: func(m Memory) string { return signed(m.GrowthBytesPerHour, scaled) }},
	}
}
