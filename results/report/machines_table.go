package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

const spreadLegend = "spread: how far the machines lie apart (standard deviation), without the noise of their rounds. p: chance of machines as far apart where all are alike."

// merged writes a merged file: its machines, what they say together, and each machine's verdicts. It returns the warnings.
func (p page) merged(f *results.File) (warnings []string, err error) {
	p.Paragraph([]string{MergedHead(f)}, "", text.Bold)
	fleet, err := analysis.FleetOf(f)
	if err != nil {
		return nil, err
	}
	p.machines(fleet)
	for _, c := range fleet.Comparisons {
		p.across(fleet, c)
	}
	if warnings, err = machinesWarnings(f, fleet); err != nil {
		return nil, err
	}
	if len(fleet.Comparisons) == 0 { // nothing is said together: each machine says its own
		p.Blank()
		p.Paragraph([]string{"nothing here is compared between machines: each has its own figures"}, "", text.Reset)
		for _, m := range fleet.Machines {
			p.Section(plain(m.Name), nil)
			if _, err := p.file(m.File); err != nil {
				return nil, err
			}
		}
	}
	return warnings, nil
}

// machines lists the machines by what sets them apart.
func (p page) machines(fleet *analysis.Fleet) {
	p.Section("machines", SharedFacts(fleet))
	if len(fleet.Differences) == 0 {
		var names []string
		for _, m := range fleet.Machines {
			names = append(names, plain(m.Name))
		}
		p.Paragraph([]string{"they differ in nothing that is on record: " + strings.Join(names, ", ")}, layout.Gap, text.Reset)
		return
	}
	var rows []int
	for i := range fleet.Machines {
		rows = append(rows, i)
	}
	columns := []layout.Column[int]{{Left: true, Cell: func(i int) string { return plain(fleet.Machines[i].Name) }}}
	for i, d := range fleet.Differences {
		if d.Finer != "" {
			continue // the whole has a column
		}
		columns = append(columns, layout.Column[int]{Header: d.Name, Left: true, Keep: max(20-i, 1), Cell: func(machine int) string { return plain(d.Values[machine]) }})
	}
	_, dropped := layout.Tabulate(p.Page, []layout.Group[int]{{Rows: rows}}, columns)
	p.Explain("", dropped)
}

// SharedFacts is the facts that all machines have in common, in a line.
func SharedFacts(fleet *analysis.Fleet) []string {
	if len(fleet.Machines) == 0 {
		return nil
	}
	differs := map[string]bool{}
	for _, d := range fleet.Differences {
		differs[d.Name] = true
	}
	h := fleet.Machines[0].Host
	var parts []string
	for _, fact := range []struct{ name, value string }{
		{"kernel", "Linux " + h.Kernel}, {"CPU model", h.CPUModel}, {"number of CPUs", results.Count(h.Cores, "CPU")}, {"virtualization", h.Virtualization}, {"tunbench", "tunbench " + h.Version},
	} {
		if !differs[fact.name] && fact.value != "" && !slices.ContainsFunc(fleet.Machines, func(m analysis.Machine) bool { return lacks(m.Host, fact.name) }) {
			parts = append(parts, plain(fact.value))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"every machine: " + strings.Join(parts, " · ")}
}

// lacks says whether a fact of a host is not on record.
func lacks(h results.Host, name string) bool {
	return map[string]bool{
		"kernel": h.Kernel == "", "CPU model": h.CPUModel == "", "number of CPUs": h.Cores == 0, "virtualization": h.Virtualization == "", "tunbench": h.Version == "",
	}[name]
}

// across writes what the machines say of one comparison.
func (p page) across(fleet *analysis.Fleet, c analysis.FleetComparison) {
	lines, shared := FleetArms(c)
	p.Section(FleetTitle(c), nil)
	p.Paragraph(lines, layout.Gap, text.Reset)
	p.Paragraph(shared, layout.Gap, text.Faint)
	_, dropped := layout.Tabulate(p.Page, []layout.Group[analysis.Across]{{Rows: c.Metrics}}, acrossColumns(c))
	for _, a := range c.Metrics {
		sentences := AcrossSentences(c, a)
		p.Paragraph(sentences[:1], layout.Gap, text.Bold)
		if len(sentences) > 1 {
			p.Paragraph(sentences[1:], layout.Gap, text.Reset)
		}
	}
	p.Explain(AcrossLegend(c), dropped)
	var rows []int
	for i := range fleet.Machines {
		rows = append(rows, i)
	}
	_, dropped = layout.Tabulate(p.Page, []layout.Group[int]{{Heading: EachMachine(c), Rows: rows}}, machineColumns(fleet, c))
	p.Explain("", dropped)
}

// FleetArms says what the arms of a comparison are, and what they have in common.
func FleetArms(c analysis.FleetComparison) (lines, shared []string) {
	if c.Absolute() {
		return []string{"scenario: " + plain(c.ScenarioB) + behind(plain(c.ProgramB))}, nil
	}
	s := nameSubjects([]string{c.ScenarioA, c.ScenarioB})
	return armLines(results.Comparison{ScenarioA: c.ScenarioA, ScenarioB: c.ScenarioB, ProgramA: c.ProgramA, ProgramB: c.ProgramB}, s), s.shared
}

// FleetTitle is what a section about a comparison is called.
func FleetTitle(c analysis.FleetComparison) string {
	on := results.Count(c.Machines(), "machine")
	if c.Absolute() {
		return "figures of " + on
	}
	return "B against A on " + on
}

// EachMachine is what the figures of single machines are.
func EachMachine(c analysis.FleetComparison) string {
	if c.Absolute() {
		return "each machine"
	}
	return "B/A on each machine"
}

// AcrossLegend explains the figures of what machines say together.
func AcrossLegend(c analysis.FleetComparison) string {
	if c.Absolute() {
		return "mean: geometric, over machines; low and high: its interval. least, most: of a machine. " + spreadLegend
	}
	return "better, worse, same, undecided: machines, each by its own verdict. B/A: mean over machines, of which those with less noise weigh more; low and high: its interval. " + spreadLegend
}

func acrossColumns(c analysis.FleetComparison) []layout.Column[analysis.Across] {
	count := func(v results.Verdict) func(analysis.Across) string {
		return func(a analysis.Across) string { return strconv.Itoa(a.Count(v)) }
	}
	of := func(cell func(analysis.Across) string) func(analysis.Across) string {
		return func(a analysis.Across) string {
			if a.Pooled == nil {
				return layout.Absent
			}
			return cell(a)
		}
	}
	format := AcrossFormat(c)
	end := func(value func(least, most float64) float64) func(analysis.Across) string {
		return func(a analysis.Across) string {
			least, most, ok := a.Range()
			if !ok {
				return layout.Absent
			}
			return format(a, value(least, most))
		}
	}
	mean, columns := "B/A", []layout.Column[analysis.Across]{
		{Left: true, Cell: func(a analysis.Across) string { return Label(a.Metric) }},
		{Header: "better", Cell: count(results.VerdictBetter)},
		{Header: "worse", Cell: count(results.VerdictWorse)},
		{Header: "same", Keep: 4, Cell: count(results.VerdictSame)},
		{Header: "undecided", Keep: 4, Cell: count(results.VerdictInconclusive)},
	}
	if c.Absolute() {
		mean, columns = "mean", []layout.Column[analysis.Across]{
			columns[0],
			{Header: "least", Keep: 5, Cell: end(func(least, _ float64) float64 { return least })},
			{Header: "most", Keep: 5, Cell: end(func(_, most float64) float64 { return most })},
		}
	}
	return append(columns, []layout.Column[analysis.Across]{
		{Header: mean, Cell: of(func(a analysis.Across) string { return format(a, math.Exp(a.Pooled.Center)) })},
		{Header: "low", Keep: 3, Cell: of(func(a analysis.Across) string { return format(a, math.Exp(a.Pooled.Low)) })},
		{Header: "high", Keep: 3, Cell: of(func(a analysis.Across) string { return format(a, math.Exp(a.Pooled.High)) })},
		{Header: "spread %", Cell: of(func(a analysis.Across) string { return "±" + percent(math.Expm1(a.Pooled.Tau)) })},
		{Header: "p", Keep: 2, Cell: of(func(a analysis.Across) string { return probability(a.PValue) })},
		{Header: "machines", Left: true, Cell: func(a analysis.Across) string { return AlikeWord(a.Alike) }},
	}...)
}

// AcrossFormat is how a ratio of a comparison is written, or a figure of a scenario.
func AcrossFormat(c analysis.FleetComparison) func(analysis.Across, float64) string {
	return func(a analysis.Across, v float64) string {
		if c.Absolute() {
			return Format(a.Metric, v)
		}
		return quotient(v)
	}
}

// AlikeWord is whether machines differ, in a word or two.
func AlikeWord(a analysis.Alike) string {
	return map[analysis.Alike]string{
		analysis.AlikeUnknown: "too few", analysis.AlikeDiffer: "differ", analysis.AlikeLittle: "differ a little", analysis.AlikeShown: "alike", analysis.AlikeNotShown: "no difference shown",
	}[a]
}

// machineColumns has a column for each metric: the machine's own ratio and verdict.
func machineColumns(fleet *analysis.Fleet, c analysis.FleetComparison) []layout.Column[int] {
	columns := []layout.Column[int]{{Left: true, Cell: func(i int) string { return plain(fleet.Machines[i].Name) }}}
	for i, a := range c.Metrics {
		columns = append(columns, layout.Column[int]{Header: Label(a.Metric), Keep: max(20-i, 1), Cell: func(machine int) string {
			at := slices.IndexFunc(a.On, func(on analysis.OnMachine) bool { return on.Machine == machine })
			if at < 0 {
				return layout.Absent
			}
			return OnMachineWords(c, a.On[at].Comparison)
		}})
	}
	return columns
}

// OnMachineWords is the ratio and the verdict of one machine.
func OnMachineWords(c analysis.FleetComparison, on results.Comparison) string {
	word := string(on.Verdict)
	if on.Verdict == results.VerdictInconclusive {
		word = "undecided"
	}
	switch {
	case c.Absolute():
		return Format(on.Metric, on.Ratio)
	case on.Rounds == 0:
		return word
	}
	return quotient(on.Ratio) + " " + word
}

// fleetGate writes the gates of all machines.
func (p page) fleetGate(f *results.File) {
	g := analysis.FleetGateOf(f)
	if g == nil {
		return
	}
	p.Section("gate on each machine", nil)
	layout.Tabulate(p.Page, []layout.Group[analysis.GateOnMachine]{{Rows: g.On}}, []layout.Column[analysis.GateOnMachine]{
		{Left: true, Cell: func(on analysis.GateOnMachine) string { return plain(on.Machine.Name) }},
		{Header: "verdict", Left: true, Cell: func(on analysis.GateOnMachine) string {
			if on.Gate == nil {
				return "none"
			}
			return string(on.Gate.Verdict)
		}},
		{Header: "because", Left: true, Cell: func(on analysis.GateOnMachine) string {
			if on.Gate == nil {
				return layout.Absent
			}
			return GateBecause(*on.Gate)
		}},
	})
	p.Paragraph([]string{"gate: " + FleetGateHeadline(g)}, "", text.Bold)
}

// GateBecause is the reason of a gate's verdict, without the verdict.
func GateBecause(g results.Gate) string {
	_, reason, _ := strings.Cut(g.Headline, ": ")
	return plain(reason)
}
