package results

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// cellRow is one cell of a sweep.
type cellRow struct {
	Summary
	values []string // by knob
	stat   *Stat    // of the sweep's metric; nil where no trial has it
	best   float64  // of all cells' medians
}

// sweep writes the cells, the best first, and which knobs mattered; it returns the warnings. All sittings are of one design.
func (p *page) sweep(sittings []Sweep, trials []Trial) (warnings []string, err error) {
	s := sittings[0]
	subjects := nameSubjects(s.Scenarios)
	p.paragraph([]string{designLine(s)}, "", text.Reset)
	p.paragraph(subjects.shared, gap, text.Faint)
	rows, err := cellRows(s, trials)
	if err != nil {
		return nil, err
	}
	if columns, dropped := tabulate(p, []group[cellRow]{{rows: rows}}, cellColumns(s)); len(columns) > 0 {
		p.explain(cellLegend(s), dropped)
	}
	effects, ok := EffectsOf(s, trials)
	if ok {
		p.section("which knob mattered", nil)
		p.paragraph(effectsWords(effects), gap, text.Reset)
		p.paragraph([]string{effectsMethod(effects)}, "", text.Faint)
	}
	warnings = Sentences(SweepWarnings(sittings, trials, effects))
	return append(warnings, perScenario(trials, wholeName, func(scenario string, trials []Trial) []string {
		return subjects.warn(scenario, "the scenario", Sentences(TrialWarnings(trials)))
	})...), nil
}

// designLine says what was to be measured.
func designLine(s Sweep) string {
	return fmt.Sprintf("sweep: %s design of %s, %s, each measured once in a round, in random order (seed %d)",
		plain(s.Design), Count(len(s.Scenarios), "cell"), Count(s.Rounds, "round"), s.Seed)
}

// cellRows sorts the cells by their medians, the best first; those without any come last.
func cellRows(s Sweep, trials []Trial) ([]cellRow, error) {
	summaries, err := Summarize(trials)
	if err != nil {
		return nil, err
	}
	rows := make([]cellRow, len(s.Scenarios))
	for i, scenario := range s.Scenarios {
		rows[i].Scenario = scenario
		if j := slices.IndexFunc(summaries, func(s Summary) bool { return s.Scenario == scenario }); j >= 0 {
			rows[i].Summary = summaries[j]
		}
		if stat, ok := rows[i].Stats[s.Metric]; ok {
			rows[i].stat = &stat
		}
		for _, k := range s.Knobs {
			rows[i].values = append(rows[i].values, cmp.Or(ValueOf(SettingsOf(scenario), k.Key), absent))
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
func byMedian(m Metric) func(a, b cellRow) int {
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
func cellColumns(s Sweep) []column[cellRow] {
	var columns []column[cellRow]
	for i, k := range s.Knobs {
		header := strings.ReplaceAll(plain(k.Key), ".", ".\n")
		columns = append(columns, column[cellRow]{header: header, left: true, cell: func(r cellRow) string { return plain(r.values[i]) }})
	}
	w := fileWording(s.Metric)
	ofStat := func(show func(r cellRow) string) func(cellRow) string {
		return func(r cellRow) string {
			if r.stat == nil {
				return absent
			}
			return show(r)
		}
	}
	return append(
		columns,
		column[cellRow]{header: strings.ReplaceAll(w.label, " ", "\n"), cell: ofStat(func(r cellRow) string { return w.format(r.stat.Median) })},
		column[cellRow]{header: "±", keep: 3, cell: ofStat(func(r cellRow) string { return strings.TrimPrefix(spread(*r.stat), "±") })},
		column[cellRow]{header: "of the\nbest", keep: 2, cell: ofStat(func(r cellRow) string { return timesBest(r) })},
		column[cellRow]{header: "trials", keep: 1, cell: func(r cellRow) string { return strconv.Itoa(r.Used) + "/" + strconv.Itoa(s.Rounds) }},
	)
}

// timesBest is a cell's median by the best.
func timesBest(r cellRow) string {
	if r.best == 0 {
		return absent
	}
	return quotient(r.stat.Median / r.best)
}

func cellLegend(s Sweep) string {
	better := "less is better"
	if s.Metric.MoreIsBetter() {
		better = "more is better"
	}
	return fmt.Sprintf("%s: medians of a cell's trials, the best first (%s); ± is half the range from least to largest, in percent of the median.",
		plain(string(s.Metric)), better)
}
