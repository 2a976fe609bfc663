package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// chartsOfMachines is how many comparisons have charts; of more there are the tables.
const chartsOfMachines = 12

// merged fills in the page of a merged file: what its machines say together, each machine's verdicts, and the machines themselves.
func (b *builder) merged(f *results.File) error {
	fleet, err := analysis.FleetOf(f)
	if err != nil {
		return err
	}
	b.fleetGate(f)
	for i, c := range fleet.Comparisons {
		if err := b.across(fleet, i, c); err != nil {
			return err
		}
	}
	b.machines(fleet)
	b.doc.Files = []fileLine{{Host: report.MergedHead(f)}}
	if b.doc.Warnings, err = report.Warnings(f); err != nil {
		return err
	}
	b.doc.Title = "tunbench: " + mergedSubject(f, fleet)
	b.doc.Verdict = mergedVerdict(f, fleet, b.doc.Warnings)
	if len(fleet.Comparisons) == 0 {
		b.doc.Empty = "Nothing in the file is compared between machines: tunbench report --machine NAME shows what one of them measured."
	}
	return nil
}

// mergedSubject is what was measured on how many machines.
func mergedSubject(f *results.File, fleet *analysis.Fleet) string {
	on := fmt.Sprintf("on %d of %s", len(f.Shards), results.Count(f.Merge.Of, "machine"))
	switch n := len(fleet.Comparisons); {
	case n == 1:
		lines, _ := report.FleetArms(fleet.Comparisons[0])
		if len(lines) > 1 {
			return fmt.Sprintf("B (%s) against A (%s) %s", strings.TrimPrefix(lines[1], "B: "), strings.TrimPrefix(lines[0], "A: "), on)
		}
		return "a scenario against itself " + on
	case n > 1:
		return fmt.Sprintf("%d comparisons of B and A %s", n, on)
	}
	return "a plan " + on
}

// mergedVerdict is one sentence: what was measured, what came out, what to distrust.
func mergedVerdict(f *results.File, fleet *analysis.Fleet, warnings []string) string {
	text := mergedSubject(f, fleet)
	switch g := analysis.FleetGateOf(f); {
	case g != nil:
		text += ": the gate " + report.FleetGateHeadline(g)
	case len(fleet.Comparisons) == 1:
		c := fleet.Comparisons[0]
		text += ": " + report.AcrossShort(c.Telling())
	}
	switch n := len(warnings); {
	case n == 1:
		text += "; distrust: " + warnings[0]
	case n > 1:
		text += fmt.Sprintf("; distrust: %s (1 of %d warnings)", warnings[0], n)
	}
	return capital(text) + "."
}

// across shows what the machines say of one comparison.
func (b *builder) across(fleet *analysis.Fleet, number int, c analysis.FleetComparison) error {
	s := section{ID: "across", Title: "B against A on " + results.Count(c.Machines(), "machine"), Notes: []string{report.AcrossLegend()}}
	if len(fleet.Comparisons) > 1 {
		s.ID += fmt.Sprintf("-%d", number+1)
		s.Title = fmt.Sprintf("Comparison %d", number+1)
	}
	lines, shared := report.FleetArms(c)
	s.Facts = append(lines, shared...)
	summary := figure{Title: "All machines together", Open: true, Table: table{
		Head: append(numbers("metric", "better", "worse", "same", "undecided", "B/A", "low", "high", "spread %", "p"), column{Name: "machines"}),
	}}
	for _, a := range c.Metrics {
		s.Words = append(s.Words, report.AcrossSentences(c, a)...)
		row := []cell{{Text: report.Label(a.Metric)}}
		for _, v := range []results.Verdict{results.VerdictBetter, results.VerdictWorse, results.VerdictSame, results.VerdictInconclusive} {
			row = append(row, count(int64(a.Count(v))))
		}
		if p := a.Pooled; p != nil {
			for _, v := range []float64{p.Center, p.Low, p.High} {
				row = append(row, figureCell(math.Exp(v), report.Quotient(math.Exp(v))))
			}
			row = append(row, figureCell(p.Tau, "±"+report.Percent(math.Expm1(p.Tau))), figureCell(a.PValue, report.Probability(a.PValue)))
		} else {
			row = append(row, slices.Repeat([]cell{{Text: report.Absent}}, 5)...)
		}
		summary.Table.Rows = append(summary.Table.Rows, tableRow{string(a.Metric), append(row, textCell(report.AlikeWord(a.Alike)))})
	}
	s.Figures = append(s.Figures, b.named(summary))
	for _, a := range c.Metrics {
		if err := b.machineForest(&s, fleet, a, number < chartsOfMachines); err != nil {
			return err
		}
	}
	b.add(s)
	return nil
}

// machineForest is a metric machine by machine, and the mean over machines below.
func (b *builder) machineForest(s *section, fleet *analysis.Fleet, a analysis.Across, drawn bool) error {
	f := figure{
		Title: report.Label(a.Metric) + " on each machine",
		Note:  "B/A with its interval; shaded is what counts as the same. Triangle up: better, down: worse, square: the same, open: undecided.",
		Table: table{Head: append(numbers("machine", "B/A", "low", "high", "rounds"), column{Name: "B is"}, column{Name: "in the mean"})},
	}
	forest := chart.Forest{Name: "B/A, 1 is no change", Format: report.Quotient}
	last := ""
	for _, on := range byProperty(fleet, a) {
		m := fleet.Machines[on.Machine]
		name, key := report.Plain(m.Name), report.Plain(strings.Join([]string{m.Name, m.Host.Kernel, m.Host.CPUModel}, " "))
		counted := "yes"
		if !on.Counted() {
			counted = "no"
		}
		row := []cell{{Text: name}}
		if on.Rounds > 0 {
			row = append(row, figureCell(on.Ratio, report.Quotient(on.Ratio)), figureCell(on.Low, report.Quotient(on.Low)), figureCell(on.High, report.Quotient(on.High)))
		} else {
			row = append(row, slices.Repeat([]cell{{Text: report.Absent}}, 3)...)
		}
		f.Table.Rows = append(f.Table.Rows, tableRow{key, append(row, count(int64(on.Rounds)), verdictCell(on.Verdict), textCell(counted))})
		if on.Rounds == 0 || !(on.Ratio > 0) || !(on.Low > 0) || math.IsInf(on.High, 0) {
			continue
		}
		heading := on.heading
		if heading == last {
			heading = ""
		}
		last = on.heading
		forest.Rows = append(forest.Rows, chart.ForestRow{
			Label: name, Heading: heading, Key: key, Ratio: on.Ratio, Low: on.Low, High: on.High, Margin: a.Margin, Class: verdictClass(on.Verdict), Value: verdictValue(on.Verdict, on.Ratio),
			Tip: strings.Join([]string{name, report.Plain("Linux " + m.Host.Kernel), report.Plain(m.Host.CPUModel), report.Sentence(on.Comparison)}, "\n"),
		})
	}
	if !drawn || len(forest.Rows) == 0 {
		s.Figures = append(s.Figures, b.named(f))
		return nil
	}
	forest.Rows = append(shownRows(forest.Rows, &f.Note), meanRows(a)...)
	f, err := b.chart(f, "Ratios with intervals around 1. "+forestWords(forest.Rows), forest.Draw)
	s.Figures = append(s.Figures, f)
	return err
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

// meanRows is the mean over machines, and where one more machine is expected if they differ.
func meanRows(a analysis.Across) []chart.ForestRow {
	p := a.Pooled
	if p == nil {
		return nil
	}
	mean := chart.ForestRow{
		Label: "mean over machines", Heading: "All machines", Key: "mean over all machines", Ratio: math.Exp(p.Center), Low: math.Exp(p.Low), High: math.Exp(p.High), Margin: a.Margin, Class: "mean",
		Value: report.Quotient(math.Exp(p.Center)), Tip: "mean over machines\n" + report.AcrossShort(a),
	}
	if p.Predicted == nil || a.Alike != analysis.AlikeDiffer {
		return []chart.ForestRow{mean}
	}
	low, high := math.Exp(p.Predicted.Low), math.Exp(p.Predicted.High)
	return []chart.ForestRow{mean, {
		Label: "one more machine", Key: "one more machine", Ratio: math.Exp(p.Center), Low: low, High: high, Margin: a.Margin, Class: "further",
		Value: report.Quotient(low) + "–" + report.Quotient(high), Tip: fmt.Sprintf("one more machine like these\n%s to %s", report.RatioInWords(low), report.RatioInWords(high)),
	}}
}

// machines shows the machines by what sets them apart.
func (b *builder) machines(fleet *analysis.Fleet) {
	s := section{ID: "machines", Title: "Machines", Facts: report.SharedFacts(fleet)}
	f := figure{Title: "In what the machines differ", Open: true, Table: table{Head: []column{{Name: "machine"}}}}
	for _, d := range fleet.Differences {
		if d.Finer == "" {
			f.Table.Head = append(f.Table.Head, column{Name: report.Plain(d.Name)})
		}
	}
	for i, m := range fleet.Machines {
		row := []cell{{Text: report.Plain(m.Name)}}
		for _, d := range fleet.Differences {
			if d.Finer == "" {
				row = append(row, textCell(report.Plain(d.Values[i])))
			}
		}
		f.Table.Rows = append(f.Table.Rows, tableRow{"", row})
	}
	s.Figures = append(s.Figures, b.named(f))
	if len(fleet.Machines) > 0 {
		s.Words = []string{"to repeat it on a machine: " + command(fleet.Machines[0].Host.Args)}
	}
	b.add(s)
}

// fleetGate shows the gates of all machines.
func (b *builder) fleetGate(f *results.File) {
	g := analysis.FleetGateOf(f)
	if g == nil {
		return
	}
	s := section{ID: "gate", Title: "Gate", Words: []string{report.FleetGateHeadline(g)}}
	t := figure{Title: "Gate on each machine", Open: true, Table: table{Head: []column{{Name: "machine"}, {Name: "verdict"}, {Name: "because"}}}}
	for _, on := range g.On {
		verdict, because, class := "none", report.Absent, "t"
		if on.Gate != nil {
			verdict = string(on.Gate.Verdict)
			because = report.GateBecause(*on.Gate)
			if on.Gate.Verdict == results.GateWorse || on.Gate.Verdict == results.GateFailed {
				class = "t bad"
			}
		}
		t.Table.Rows = append(t.Table.Rows, tableRow{"", []cell{{Text: report.Plain(on.Machine.Name)}, {Text: verdict, Class: class}, textCell(because)}})
	}
	s.Figures = append(s.Figures, b.named(t))
	b.add(s)
}
