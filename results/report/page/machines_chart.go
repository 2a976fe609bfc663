package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// machineForest is a metric machine by machine, and the mean over machines below: ratios of B to A, or figures as ratios to their mean. title
// sets it apart from those of other comparisons.
func (b *builder) machineForest(s *section, fleet *analysis.Fleet, c analysis.FleetComparison, a analysis.Across, title string, drawn bool) error {
	format := report.AcrossFormat(c)
	f := figure{
		Title: prefix(title) + report.Label(a.Metric) + " on each machine",
		Note:  "B/A with its interval; shaded is what counts as the same. Triangle up: better, down: worse, square: the same, open: undecided.",
		Table: table{Head: append(numbers("machine", "B/A", "low", "high", "rounds"), column{Name: "B is"}, column{Name: "in the mean"})},
	}
	forest := chart.Forest{Name: "B/A, 1 is no change", Format: report.Quotient}
	unit := 1.0
	if c.Absolute() {
		f.Note = "Each machine's figure over the mean of all machines, with its interval; shaded is what counts as the same."
		f.Table.Head = append(numbers("machine", "median", "low", "high", "trials"), column{Name: "in the mean"})
		forest.Name = "over the mean of all machines"
		if a.Pooled == nil {
			drawn = false
		} else {
			unit = math.Exp(a.Pooled.Center)
		}
	}
	last := ""
	for _, on := range byProperty(fleet, a) {
		m := fleet.Machines[on.Machine]
		name, key := report.Plain(m.Name), report.Plain(strings.Join([]string{m.Name, m.Host.Kernel, m.Host.CPUModel}, " "))
		f.Table.Rows = append(f.Table.Rows, tableRow{key, machineCells(name, c, on.OnMachine, func(v float64) string { return format(a, v) })})
		if on.Rounds == 0 || !(on.Ratio > 0) || !(on.Low > 0) || math.IsInf(on.High, 0) {
			continue
		}
		row := chart.ForestRow{Label: name, Key: key, Ratio: on.Ratio / unit, Low: on.Low / unit, High: on.High / unit, Margin: a.Margin}
		says := format(a, on.Ratio)
		row.Class, row.Value = "s0", says
		if !c.Absolute() {
			row.Class, row.Value, says = verdictClass(on.Verdict), verdictValue(on.Verdict, on.Ratio), report.Sentence(on.Comparison)
		}
		row.Tip = strings.Join([]string{name, report.Plain("Linux " + m.Host.Kernel), report.Plain(m.Host.CPUModel), says}, "\n")
		if on.heading != last {
			row.Heading, last = on.heading, on.heading
		}
		forest.Rows = append(forest.Rows, row)
	}
	if !drawn || len(forest.Rows) == 0 {
		s.Figures = append(s.Figures, b.named(f))
		return nil
	}
	forest.Rows = append(shownRows(forest.Rows, &f.Note), meanRows(c, a, unit)...)
	f, err := b.chart(f, "Ratios with intervals around 1. "+forestWords(forest.Rows), forest.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// machineCells is the row of a machine in the table of a metric.
func machineCells(name string, c analysis.FleetComparison, on analysis.OnMachine, format func(float64) string) []cell {
	row := []cell{{Text: name}}
	if on.Rounds > 0 {
		row = append(row, figureCell(on.Ratio, format(on.Ratio)), figureCell(on.Low, format(on.Low)), figureCell(on.High, format(on.High)))
	} else {
		row = append(row, slices.Repeat([]cell{{Text: report.Absent}}, 3)...)
	}
	row = append(row, count(int64(on.Rounds)))
	if !c.Absolute() {
		row = append(row, verdictCell(on.Verdict))
	}
	if on.Counted() {
		return append(row, textCell("yes"))
	}
	return append(row, textCell("no"))
}

// placed is what a machine says of a metric, below a heading.
type placed struct {
	analysis.OnMachine
	heading string
}

// byProperty puts machines with one value of the property that goes with their difference below each other; without such a property they are in the order of the file.
func byProperty(fleet *analysis.Fleet, a analysis.Across) []placed {
	var all []placed
	for _, on := range a.On {
		all = append(all, placed{on, ""})
	}
	if len(a.Goes) == 0 {
		return all
	}
	g := a.Goes[0]
	i := slices.IndexFunc(fleet.Differences, func(p analysis.Property) bool { return p.Name == g.Names[0] })
	if i < 0 {
		return all
	}
	value := func(p placed) string { return fleet.Differences[i].Values[p.Machine] }
	rank := func(p placed) int {
		at := slices.IndexFunc(g.Levels, func(l analysis.PropertyLevel) bool { return l.Value == value(p) })
		if at < 0 {
			return len(g.Levels) // a machine that is no part of the mean
		}
		return at
	}
	slices.SortStableFunc(all, func(x, y placed) int { return rank(x) - rank(y) })
	for at := range all {
		all[at].heading = report.Plain(g.Names[0] + " " + value(all[at]))
	}
	return all
}

// meanRows is the mean over machines, and where one more machine is expected if they differ. Ratios are divided by unit.
func meanRows(c analysis.FleetComparison, a analysis.Across, unit float64) []chart.ForestRow {
	p := a.Pooled
	if p == nil {
		return nil
	}
	format := report.AcrossFormat(c)
	row := func(label, class, value, tip string, low, high float64) chart.ForestRow {
		return chart.ForestRow{
			Label: label, Key: label, Ratio: math.Exp(p.Center) / unit, Low: math.Exp(low) / unit, High: math.Exp(high) / unit, Margin: a.Margin, Class: class, Value: value, Tip: label + "\n" + tip,
		}
	}
	mean := row("mean over machines", "mean", format(a, math.Exp(p.Center)), report.AcrossShort(c, a), p.Low, p.High)
	mean.Heading = "All machines"
	if p.Predicted == nil || a.Alike != analysis.AlikeDiffer {
		return []chart.ForestRow{mean}
	}
	low, high := format(a, math.Exp(p.Predicted.Low)), format(a, math.Exp(p.Predicted.High))
	return []chart.ForestRow{mean, row("one more machine", "further", low+"–"+high, fmt.Sprintf("like these: %s to %s", low, high), p.Predicted.Low, p.Predicted.High)}
}
