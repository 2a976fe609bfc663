package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
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
		c := fleet.Comparisons[0]
		lines, _ := report.FleetArms(c)
		if c.Absolute() {
			return report.Titles([]string{c.ScenarioB})[c.ScenarioB] + " " + on
		}
		if len(lines) > 1 {
			return fmt.Sprintf("B (%s) against A (%s) %s", strings.TrimPrefix(lines[1], "B: "), strings.TrimPrefix(lines[0], "A: "), on)
		}
		return "a scenario against itself " + on
	case n > 1:
		return fmt.Sprintf("%d comparisons or scenarios %s", n, on)
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
		text += ": " + report.AcrossShort(c, c.Telling())
	case len(fleet.Comparisons) > 1:
		c := fleet.Comparisons[0]
		text += fmt.Sprintf("; the first, %s: %s", comparisonTitle(fleet, 0), report.AcrossShort(c, c.Telling()))
	}
	switch n := len(warnings); {
	case n == 1:
		text += "; distrust: " + warnings[0]
	case n > 1:
		text += fmt.Sprintf("; distrust: %s (1 of %d warnings)", warnings[0], n)
	}
	return capital(text) + "."
}

// comparisonTitle names one of several comparisons by what sets it apart.
func comparisonTitle(fleet *analysis.Fleet, number int) string {
	names := make([]string, len(fleet.Comparisons))
	for i, c := range fleet.Comparisons {
		names[i] = c.ScenarioB
	}
	titles, _ := report.ScenarioTitles(names)
	if titles[number] == "" {
		return fmt.Sprintf("comparison %d", number+1)
	}
	return titles[number]
}

// across shows what the machines say of one comparison.
func (b *builder) across(fleet *analysis.Fleet, number int, c analysis.FleetComparison) error {
	s := section{ID: "across", Title: capital(report.FleetTitle(c)), Notes: []string{report.AcrossLegend(c)}}
	if len(fleet.Comparisons) > 1 {
		s.ID += fmt.Sprintf("-%d", number+1)
		s.Title = comparisonTitle(fleet, number)
	}
	lines, shared := report.FleetArms(c)
	s.Facts = append(lines, shared...)
	format := report.AcrossFormat(c)
	head := numbers("metric", "better", "worse", "same", "undecided", "B/A")
	if c.Absolute() {
		head = numbers("metric", "least", "most", "mean")
	}
	head = append(head, column{"low", true}, column{"high", true}, column{"spread %", true}, column{"p", true}, column{Name: "machines"})
	summary := figure{Title: "All machines together", Open: true, Table: table{Head: head}}
	for _, a := range c.Metrics {
		s.Words = append(s.Words, report.AcrossSentences(c, a)...)
		row := []cell{{Text: report.Label(a.Metric)}}
		if least, most, _ := a.Range(); c.Absolute() {
			row = append(row, figureCell(least, format(a, least)), figureCell(most, format(a, most)))
		} else {
			for _, v := range []results.Verdict{results.VerdictBetter, results.VerdictWorse, results.VerdictSame, results.VerdictInconclusive} {
				row = append(row, count(int64(a.Count(v))))
			}
		}
		if p := a.Pooled; p != nil {
			for _, v := range []float64{p.Center, p.Low, p.High} {
				row = append(row, figureCell(math.Exp(v), format(a, math.Exp(v))))
			}
			row = append(row, figureCell(p.Tau, "±"+report.Percent(math.Expm1(p.Tau))), figureCell(a.PValue, report.Probability(a.PValue)))
		} else {
			row = append(row, slices.Repeat([]cell{{Text: report.Absent}}, 5)...)
		}
		summary.Table.Rows = append(summary.Table.Rows, tableRow{string(a.Metric), append(row, textCell(report.AlikeWord(a.Alike)))})
	}
	title := ""
	if len(fleet.Comparisons) > 1 {
		title = s.Title
	}
	summary.Title = prefix(title) + summary.Title
	s.Figures = append(s.Figures, b.named(summary))
	for _, a := range c.Metrics {
		if err := b.machineForest(&s, fleet, c, a, title, number < chartsOfMachines); err != nil {
			return err
		}
	}
	b.add(s)
	return nil
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
