package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// sweeps shows which settings mattered, and every combination.
func (b *builder) sweeps() error {
	for i, f := range b.files {
		if len(f.Sweeps) == 0 {
			continue
		}
		s := section{ID: fmt.Sprintf("sweep-%d", i+1), Title: withSpace("Sweep", fileWord(b.number(i))), Facts: []string{report.DesignLine(f.Sweeps[0])}}
		if err := b.sweep(&s, f.Sweeps[0], f.OfPhase(results.PhasePlain)); err != nil {
			return err
		}
		b.add(s)
	}
	return nil
}

func fileWord(number string) string {
	if number == "" {
		return ""
	}
	return "of file " + number
}

func (b *builder) sweep(s *section, sweep results.Sweep, trials []results.Trial) error {
	effects, ok := analysis.EffectsOf(sweep, trials)
	if ok {
		s.Words = report.EffectsWords(effects)
		s.Notes = []string{report.EffectsMethod(effects)}
		if err := b.effects(s, effects); err != nil {
			return err
		}
	}
	pairs := analysis.LevelPairs(sweep, trials)
	for i, pair := range pairs {
		if i == mostPlots {
			s.Notes = append(s.Notes, fmt.Sprintf("Heat maps of the first %d of %d pairs of settings.", mostPlots, len(pairs)))
			break
		}
		if err := b.heat(s, sweep, pair); err != nil {
			return err
		}
	}
	return b.cells(s, sweep, trials)
}

// effects adds the ranking of the knobs.
func (b *builder) effects(s *section, effects analysis.Effects) error {
	f := figure{
		Title: "Which setting mattered for " + metricWords(effects.Metric), Note: "The ratio from a setting's lowest to its highest value, the most important first, with 95 % intervals. Open: no difference could be seen.",
		Table: table{Head: append(numbers("setting", "explains %", "ratio", "low", "high"), column{Name: "from"}, column{Name: "to"})},
	}
	forest := chart.Forest{Name: "ratio of the highest to the lowest", Format: report.Quotient}
	for _, e := range effects.Ranked {
		name := report.EffectName(e)
		row := chart.ForestRow{
			Label: name, Key: name, Ratio: e.Ratio, Low: e.Ratio, High: e.Ratio, Class: "open",
			Value: report.Percent(e.Share) + " %", Tip: fmt.Sprintf("%s\n%s is %s times %s", name, strings.Join(e.Most, ", "), report.Quotient(e.Ratio), strings.Join(e.Least, ", ")),
		}
		low, high := cell{Text: "–"}, cell{Text: "–"}
		if e.Range != nil {
			row.Low, row.High = e.Range.Low, e.Range.High
			low, high = figureCell(e.Range.Low, report.Quotient(e.Range.Low)), figureCell(e.Range.High, report.Quotient(e.Range.High))
			if e.Seen() {
				row.Class = "same"
			}
		}
		forest.Rows = append(forest.Rows, row)
		f.Table.Rows = append(f.Table.Rows, tableRow{name, []cell{
			{Text: name},
			figureCell(e.Share, report.Percent(e.Share)), figureCell(e.Ratio, report.Quotient(e.Ratio)), low, high,
			textCell(strings.Join(e.Least, ", ")), textCell(strings.Join(e.Most, ", ")),
		}})
	}
	if len(forest.Rows) == 0 {
		return nil
	}
	forest.Rows = shownRows(forest.Rows, &f.Note)
	f, err := b.chart(f, "Effects with intervals, in the order of their shares. "+forestWords(forest.Rows), forest.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// metricWords is a metric in words, with its unit.
func metricWords(m results.Metric) string { return report.Label(m) }

// formatOf is how a sweep's metric is written.
func formatOf(m results.Metric) func(float64) string {
	return func(v float64) string { return report.Format(m, v) }
}

// heat adds the table of two knobs.
func (b *builder) heat(s *section, sweep results.Sweep, pair analysis.LevelPair) error {
	format := formatOf(sweep.Metric)
	rows, columns := report.Plain(pair.Rows.Key), report.Plain(pair.Columns.Key)
	heat := chart.Heat{Rows: plainAll(pair.Rows.Values), Columns: plainAll(pair.Columns.Values), RowName: rows, ColumnName: columns}
	f := figure{
		Title: rows + " by " + columns, Note: "Geometric means of " + metricWords(sweep.Metric) + "; the darker (in dark colors: the lighter), the more.",
		Table: table{Head: numbers(rows, heat.Columns...)},
	}
	low, high, ok := pair.Range()
	if !ok {
		return nil
	}
	for i, row := range pair.Means {
		var cells []chart.HeatCell
		line := tableRow{Cells: []cell{{Text: heat.Rows[i]}}}
		for j, v := range row {
			line.Cells = append(line.Cells, optional(v, format))
			if v == nil {
				cells = append(cells, chart.HeatCell{})
				continue
			}
			cells = append(cells, chart.HeatCell{Shade: pair.Rank(*v), Text: format(*v), Tip: fmt.Sprintf("%s=%s %s=%s\n%s", rows, heat.Rows[i], columns, heat.Columns[j], format(*v))})
		}
		heat.Cells = append(heat.Cells, cells)
		f.Table.Rows = append(f.Table.Rows, line)
	}
	f, err := b.chart(f, fmt.Sprintf("A table of means from %s to %s.", format(low), format(high)), heat.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

func plainAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = report.Plain(text)
	}
	return out
}

// cells adds every combination, the best first.
func (b *builder) cells(s *section, sweep results.Sweep, trials []results.Trial) error {
	format := formatOf(sweep.Metric)
	spreads := analysis.Spreads(trials, sweep.Metric)
	var rows []chart.StripRow
	for _, scenario := range sweep.Scenarios {
		spread, ok := spreads[analysis.Repeats{Scenario: scenario}]
		if !ok {
			continue
		}
		var levels []string
		for _, k := range sweep.Knobs {
			if v := results.ValueOf(results.SettingsOf(scenario), k.Key); v != "" {
				levels = append(levels, k.Key+"="+v)
			}
		}
		label := report.Plain(strings.Join(levels, " "))
		r := chart.StripRow{Label: label, Key: label, Values: spread.Values, Median: spread.Median, Tip: fmt.Sprintf("%s\nmedian %s of %s", label, format(spread.Median), results.Count(len(spread.Values), "trial"))}
		if spread.Range != nil {
			r.Low, r.High = &spread.Range.Low, &spread.Range.High
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortStableFunc(rows, func(a, b chart.StripRow) int {
		if sweep.Metric.MoreIsBetter() {
			return cmp.Compare(b.Median, a.Median)
		}
		return cmp.Compare(a.Median, b.Median)
	})
	f := figure{Title: "Every combination: " + metricWords(sweep.Metric), Note: "The best first. A dot is a trial, the line their median.", Table: table{Head: numbers("", "median", "n")}}
	for _, r := range rows {
		f.Table.Rows = append(f.Table.Rows, tableRow{r.Key, []cell{{Text: r.Label}, figureCell(r.Median, format(r.Median)), count(int64(len(r.Values)))}})
	}
	strip := chart.Strip{Rows: shownRows(rows, &f.Note), Name: metricWords(sweep.Metric), Format: format}
	f.Note += axisNote(strip.FromZero(), strip.Log())
	f, err := b.chart(f, fmt.Sprintf("Dots of all trials; the best is %s with %s.", rows[0].Label, format(rows[0].Median)), func(width float64) chart.Drawing {
		d, _ := strip.Draw(width)
		return d
	})
	s.Figures = append(s.Figures, f)
	return err
}
