package page

import (
	"fmt"
	"math"
	"slices"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// comparisons shows each series of two arms: the ratios around 1, and the rounds in time.
func (b *builder) comparisons() error {
	s := section{ID: "comparison", Title: "B against A"}
	for i, f := range b.files {
		all := analysis.SeriesOf(f.OfPhase(results.PhasePlain))
		for _, trials := range all {
			records := slices.DeleteFunc(slices.Clone(f.Comparisons), func(c results.Comparison) bool { return c.Series != trials[0].Series })
			if len(records) == 0 {
				continue
			}
			title := ""
			if len(all) > 1 {
				title = fmt.Sprintf("series %d", trials[0].Series+1)
			}
			if n := b.number(i); n != "" {
				title = withSpace(title, "file "+n)
			}
			for _, line := range report.ArmLines(records[0]) {
				s.Facts = append(s.Facts, prefix(title)+line)
			}
			for _, c := range records {
				s.Words = append(s.Words, prefix(title)+report.Sentence(c))
			}
			if err := b.series(&s, title, records, trials); err != nil {
				return err
			}
		}
	}
	if len(s.Figures) > 0 {
		s.Notes = []string{report.ComparisonLegend()}
	}
	b.add(s)
	return nil
}

func (b *builder) series(s *section, title string, records []results.Comparison, trials []results.Trial) error {
	if err := b.ratios(s, title, records); err != nil {
		return err
	}
	main := records[0]
	for _, c := range records { // what is decided tells more than what is not
		if c.Rounds > 0 && (main.Rounds == 0 || main.Verdict == results.VerdictInconclusive && c.Verdict != results.VerdictInconclusive) {
			main = c
		}
	}
	return b.rounds(s, title, main, analysis.RoundSeries(trials, main.Metric))
}

// ratios adds the plot of intervals.
func (b *builder) ratios(s *section, title string, records []results.Comparison) error {
	f := figure{
		Title: prefix(title) + "Ratio of B to A",
		Note:  "Each point is the centre of the rounds' ratios with its interval; shaded is what counts as the same. Triangle up: better, down: worse, square: the same, open: undecided.",
		Table: table{Head: append(numbers("metric", "B/A", "low", "high", "p", "rounds"), column{Name: "B is"})},
	}
	forest := chart.Forest{Name: "B/A, 1 is no change", Format: report.Quotient}
	for _, c := range records {
		label := report.Label(c.Metric)
		if c.Rounds == 0 || !(c.Ratio > 0) || !(c.Low > 0) || math.IsInf(c.High, 0) {
			f.Table.Rows = append(f.Table.Rows, tableRow{label, []cell{{Text: label}, {Text: "–"}, {Text: "–"}, {Text: "–"}, {Text: "–"}, count(int64(c.Rounds)), verdictCell(c.Verdict)}})
			continue
		}
		forest.Rows = append(forest.Rows, chart.ForestRow{
			Label: label, Key: label, Ratio: c.Ratio, Low: c.Low, High: c.High, Margin: c.Margin, Class: verdictClass(c.Verdict),
			Value: verdictValue(c.Verdict, c.Ratio), Tip: report.Sentence(c),
		})
		f.Table.Rows = append(f.Table.Rows, tableRow{label, []cell{
			{Text: label},
			figureCell(c.Ratio, report.Quotient(c.Ratio)), figureCell(c.Low, report.Quotient(c.Low)), figureCell(c.High, report.Quotient(c.High)),
			figureCell(c.PValue, report.Probability(c.PValue)), count(int64(c.Rounds)), verdictCell(c.Verdict),
		}})
	}
	if len(forest.Rows) == 0 {
		f.Open, f.Note = true, "No ratio has a place in a chart."
		s.Figures = append(s.Figures, b.named(f))
		return nil
	}
	f, err := b.chart(f, "Ratios with intervals around 1. "+forestWords(forest.Rows), forest.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

func forestWords(rows []chart.ForestRow) string {
	words := ""
	for i, r := range rows {
		if i == 8 {
			return words + "More are in the table."
		}
		words += fmt.Sprintf("%s %s, from %s to %s. ", r.Label, r.Value, report.Quotient(r.Low), report.Quotient(r.High))
	}
	return words
}

func verdictClass(v results.Verdict) string {
	switch v {
	case results.VerdictBetter:
		return "good"
	case results.VerdictWorse:
		return "bad"
	case results.VerdictSame:
		return "same"
	}
	return "open"
}

func verdictCell(v results.Verdict) cell {
	class := ""
	if c := verdictClass(v); c == "good" || c == "bad" {
		class = " " + c
	}
	return cell{Text: string(v), Class: "t" + class}
}

// verdictValue is what stands behind a row.
func verdictValue(v results.Verdict, ratio float64) string {
	if v == results.VerdictInconclusive {
		return report.Quotient(ratio) + " undecided"
	}
	return report.Quotient(ratio) + " " + string(v)
}

// rounds adds the ratio of every round in its time, and how the host fared.
func (b *builder) rounds(s *section, title string, c results.Comparison, points []analysis.RoundPoint) error {
	f := figure{
		Title: prefix(title) + "Round by round: " + report.Label(c.Metric),
		Note:  "Circles: B/A. Squares: A against itself, which is noise. Shaded: what counts as the same.",
		Table: table{Head: numbers("round", "B/A", "A/A", "steal %", "CPU distance ns")},
	}
	var all []float64
	ratio, control := chart.Series{Number: 0, Joined: true, Label: "B/A"}, chart.Series{Number: 1, Class: "s6", Label: "A/A"}
	steal, distance := chart.Series{Number: 0, Joined: true}, chart.Series{Number: 0, Joined: true}
	for _, p := range points {
		x := float64(p.Round + 1)
		add := func(series *chart.Series, v *float64, say string, format func(float64) string) {
			if v != nil {
				series.Points = append(series.Points, chart.Point{X: x, Y: *v, Tip: fmt.Sprintf("round %d\n%s", p.Round+1, fmt.Sprintf(say, format(*v)))})
			}
		}
		if p.Ratio != nil && *p.Ratio > 0 {
			add(&ratio, p.Ratio, "B/A %s", report.Quotient)
			all = append(all, *p.Ratio)
		}
		if p.Control != nil && *p.Control > 0 {
			add(&control, p.Control, "A/A %s", report.Quotient)
			all = append(all, *p.Control)
		}
		add(&steal, p.Steal, "steal %s %%", report.Percent)
		add(&distance, p.DistanceNs, "CPU distance %s ns", report.Significant)
		f.Table.Rows = append(f.Table.Rows, tableRow{"", []cell{
			{Text: fmt.Sprint(p.Round + 1)}, optional(p.Ratio, report.Quotient), optional(p.Control, report.Quotient), optional(p.Steal, report.Percent), optional(p.DistanceNs, report.Significant),
		}})
	}
	if len(all) == 0 {
		return nil
	}
	x := chart.Scale{Low: 0.5, High: float64(len(points)) + 0.5}
	xy := chart.XY{
		Series: []chart.Series{control, ratio}, X: x, Y: chart.FitLog(append(all, 1, 1+c.Margin)), YName: "ratio", XName: "round", XFormat: report.Significant,
		YFormat: report.Quotient, Height: 170, Band: &chart.Band{Low: 1 / (1 + c.Margin), High: 1 + c.Margin},
	}
	f, err := b.chart(f, fmt.Sprintf("Ratio of B to A in each of %s; the figures are in the table.", results.Count(len(points), "round")), xy.Draw)
	if err != nil {
		return err
	}
	s.Figures = append(s.Figures, f)
	for _, host := range []struct {
		title, axis string
		series      chart.Series
		format      func(float64) string
	}{
		{"Steal: CPU time that the hypervisor took", "% of the CPU time", steal, report.Percent},
		{"CPU distance: a cache line there and back", "ns", distance, report.Significant},
	} {
		if err := b.under(s, prefix(title)+host.title, host.axis, host.series, x, host.format); err != nil {
			return err
		}
	}
	return nil
}

// under adds a small chart of the host below the rounds.
func (b *builder) under(s *section, title, axis string, series chart.Series, x chart.Scale, format func(float64) string) error {
	if len(series.Points) == 0 {
		return nil
	}
	f := figure{Title: title, Table: table{Head: numbers("round", axis)}}
	most := 0.0
	for _, p := range series.Points {
		most = max(most, p.Y)
		f.Table.Rows = append(f.Table.Rows, tableRow{"", []cell{{Text: fmt.Sprint(int(p.X))}, figureCell(p.Y, format(p.Y))}})
	}
	if most == 0 {
		return nil
	}
	series.Class, series.Small = "s6", false
	xy := chart.XY{Series: []chart.Series{series}, X: x, Y: chart.Scale{High: most * 1.1}, XName: "round", YName: axis, XFormat: report.Significant, YFormat: format, Height: 70}
	f, err := b.chart(f, fmt.Sprintf("By round, up to %s %s.", format(most), axis), xy.Draw)
	s.Figures = append(s.Figures, f)
	return err
}
