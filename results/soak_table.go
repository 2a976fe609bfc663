package results

import (
	"fmt"
	"strconv"
)

const soakLegend = "median: of the intervals, in the metric's own unit. change: fitted over the whole time, relative to the median. trend: rank " +
	"correlation with time, 1 if the metric always grew, -1 if it always fell; p: how likely a trend as strong is where there is none."

// soaks writes what changed during each soak, and returns the warnings.
func (p *page) soaks(f *File) (warnings []string, err error) {
	if len(f.Soaks) == 0 {
		return nil, nil
	}
	summaries, err := Summarize(f.phase(PhaseInterval))
	if err != nil {
		return nil, err
	}
	intervals := map[string]Summary{}
	for _, s := range summaries {
		intervals[s.Scenario] = s
	}
	s := nameSubjects(scenariosOf(f.Soaks, func(s Soak) string { return s.Scenario }))
	p.section("soak: one load for a long time", s.shared)
	var drifts []group[driftRow]
	var memory []group[Memory]
	for _, soak := range f.Soaks {
		drifts = append(drifts, group[driftRow]{s.heading(soak.Scenario, soakFacts(soak)), driftRows(soak, intervals[soak.Scenario])})
		if len(soak.Memory) > 0 {
			memory = append(memory, group[Memory]{s.titles[soak.Scenario], soak.Memory})
		}
		warnings = append(warnings, s.warn(soak.Scenario, "soak", append(failure(soak.Error), plainAll(soak.Warnings)...))...)
	}
	if columns, dropped := tabulate(p, drifts, driftColumns()); len(columns) > 0 {
		p.explain(soakLegend, dropped)
	}
	if len(memory) > 0 {
		tabulate(p, memory, memoryColumns())
	}
	return append(warnings, perScenario(f.phase(PhaseInterval), wholeName, func(scenario string, trials []Trial) []string {
		return s.warn(scenario, "soak", trialWarnings(trials))
	})...), nil
}

// soakFacts is what a soak did, for a heading.
func soakFacts(s Soak) []string {
	return []string{seconds(s.DurationS), fmt.Sprintf("%d intervals", s.Intervals), fmt.Sprintf("%d packets lost", s.LostPackets)}
}

// driftRow is a drift and what the metric was over the intervals.
type driftRow struct {
	Drift
	median *float64
}

func driftRows(s Soak, intervals Summary) []driftRow {
	rows := make([]driftRow, len(s.Drifts))
	for i, d := range s.Drifts {
		rows[i].Drift = d
		if stat, ok := intervals.Stats[d.Metric]; ok {
			rows[i].median = &stat.Median
		}
	}
	return rows
}

func driftColumns() []column[driftRow] {
	return []column[driftRow]{
		{left: true, cell: func(r driftRow) string { return plain(string(r.Metric)) }},
		{header: "\nmedian", keep: 3, cell: func(r driftRow) string { return cellOf(r.median, scaled) }},
		{header: "change\n%", cell: func(r driftRow) string { return signed(r.ChangeRatio, percent) }},
		{header: "\ntrend", keep: 2, cell: func(r driftRow) string { return strconv.FormatFloat(r.RankCorrelation, 'f', 2, 64) }},
		{header: "\np", keep: 1, cell: func(r driftRow) string { return cellOf(r.PValue, probability) }},
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
