package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// cellRow is one cell of a sweep.
type cellRow struct {
	analysis.Summary
	values []string       // by knob
	stat   *analysis.Stat // of the sweep's metric; nil where no trial has it
	best   float64        // of all cells' medians
}

// sweep writes the cells, the best first, and which knobs mattered; it returns the warnings. All sittings are of one design.
func (p page) sweep(sittings []results.Sweep, trials []results.Trial) (warnings []string, err error) {
	s := sittings[0]
	subjects := nameSubjects(s.Scenarios)
	p.Paragraph([]string{designLine(s)}, "", text.Reset)
	p.Paragraph(subjects.shared, layout.Gap, text.Faint)
	rows, err := cellRows(s, trials)
	if err != nil {
		return nil, err
	}
	if columns, dropped := layout.Tabulate(p.Page, []layout.Group[cellRow]{{Rows: rows}}, cellColumns(s)); len(columns) > 0 {
		p.Explain(cellLegend(s), dropped)
	}
	effects, ok := analysis.EffectsOf(s, trials)
	if ok {
		p.Section("which knob mattered", nil)
		p.Paragraph(effectsWords(effects), layout.Gap, text.Reset)
		p.Paragraph([]string{effectsMethod(effects)}, "", text.Faint)
	}
	warnings = Sentences(analysis.SweepWarnings(sittings, trials, effects))
	return append(warnings, perScenario(trials, wholeName, func(scenario string, trials []results.Trial) []string {
		return subjects.warn(scenario, "the scenario", Sentences(analysis.TrialWarnings(trials)))
	})...), nil
}

// designLine says what was to be measured.
func designLine(s results.Sweep) string {
	return fmt.Sprintf("sweep: %s design of %s, %s, each measured once in a round, in random order (seed %d)",
		plain(s.Design), results.Count(len(s.Scenarios), "cell"), results.Count(s.Rounds, "round"), s.Seed)
}

// cellRows sorts the cells by their medians, the best first; those without any come last.
func cellRows(s results.Sweep, trials []results.Trial) ([]cellRow, error) {
	summaries, err := analysis.Summarize(trials)
	if err != nil {
		return nil, err
	}
	rows := make([]cellRow, len(s.Scenarios))
	for i, scenario := range s.Scenarios {
		rows[i].Scenario = scenario
		if j := slices.IndexFunc(summaries, func(s analysis.Summary) bool { return s.Scenario == scenario }); j >= 0 {
			rows[i].Summary = summaries[j]
		}
		if stat, ok := rows[i].Stats[s.Metric]; ok {
			rows[i].stat = &stat
		}
		for _, k := range s.Knobs {
			rows[i].values = append(rows[i].values, cmp.Or(results.ValueOf(results.SettingsOf(scenario), k.Key), layout.Absent))
		}
	}
	slices.SortStableFunc(rows, byMedian(s.Metric))
	for i := range rows {
		if rows[0].stat != nil {
			rows[i].best = rows[0].stat.Median
		}
	}
	return rows, nil
}

// byMedian has the best first.
func byMedian(m results.Metric) func(a, b cellRow) int {
	return func(a, b cellRow) int {
		switch {
		case a.stat == nil && b.stat == nil:
			return 0
		case a.stat == nil:
			return 1
		case b.stat == nil:
			return -1
		case m.MoreIsBetter():
			return cmp.Compare(b.stat.Median, a.stat.Median)
		}
		return cmp.Compare(a.stat.Median, b.stat.Median)
	}
}

// cellColumns has one for each knob, then the metric.
func cellColumns(s results.Sweep) []layout.Column[cellRow] {
	var columns []layout.Column[cellRow]
	for i, k := range s.Knobs {
		header := strings.ReplaceAll(plain(k.Key), ".", ".\n")
		columns = append(columns, layout.Column[cellRow]{Header: header, Left: true, Cell: func(r cellRow) string { return plain(r.values[i]) }})
	}
	w := fileWording(s.Metric)
	ofStat := func(show func(r cellRow) string) func(cellRow) string {
		return func(r cellRow) string {
			if r.stat == nil {
				return layout.Absent
			}
			return show(r)
		}
	}
	return append(
		columns,
		layout.Column[cellRow]{Header: strings.ReplaceAll(w.label, " ", "\n"), Cell: ofStat(func(r cellRow) string { return w.format(r.stat.Median) })},
		layout.Column[cellRow]{Header: "±", Keep: 3, Cell: ofStat(func(r cellRow) string { return strings.TrimPrefix(spread(*r.stat), "±") })},
		layout.Column[cellRow]{Header: "of the\nbest", Keep: 2, Cell: ofStat(func(r cellRow) string { return timesBest(r) })},
		layout.Column[cellRow]{Header: "trials", Keep: 1, Cell: func(r cellRow) string { return strconv.Itoa(r.Used) + "/" + strconv.Itoa(s.Rounds) }},
	)
}

// timesBest is a cell's median by the best.
func timesBest(r cellRow) string {
	if r.best == 0 {
		return layout.Absent
	}
	return quotient(r.stat.Median / r.best)
}

func cellLegend(s results.Sweep) string {
	better := "less is better"
	if s.Metric.MoreIsBetter() {
		better = "more is better"
	}
	return fmt.Sprintf("%s: medians of a cell's trials, the best first (%s); ± is half the range from least to largest, in percent of the median.",
		plain(string(s.Metric)), better)
}
