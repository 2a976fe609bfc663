package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// sequenceWarning is what no statistics over two files can see.
const sequenceWarning = "files measured one after the other on a shared machine differ by 10 to 30 % though nothing changed: " +
	"`tunbench ab` measures both in turns, and is the better way"

// Table renders the comparison: both fingerprints and in what the hosts differ, a line per scenario and metric, the scenarios that only one
// file has, and warnings. It ends in a newline.
func (c *FileComparison) Table(o Options) string {
	p := &page{options: o}
	p.paragraph([]string{"old: " + fingerprint(c.Old.Host), "new: " + fingerprint(c.New.Host)}, "", text.Bold)
	p.paragraph(c.HostDifferences(), gap, text.FgYellow)
	s := c.subjects()
	p.paragraph(s.shared, gap, text.Faint)
	if len(c.Rows) > 0 {
		_, dropped := tabulate(p, c.groups(s), unpairedColumns())
		p.explain(c.legend(), dropped)
	}
	p.paragraph(prefixed("only in the old file: ", plainAll(c.OnlyOld)), gap, text.Reset)
	p.paragraph(prefixed("only in the new file: ", plainAll(c.OnlyNew)), gap, text.Reset)
	p.paragraph(c.withoutRow(s), gap, text.Reset)
	p.paragraph(prefixed("warning: ", c.Warnings()), gap, text.FgYellow)
	return p.String()
}

// inBoth is the scenarios that both files have, in the order of the old one.
func (c *FileComparison) inBoth() []string {
	var scenarios []string
	for _, trials := range plainGroups(c.Old) {
		if scenario := trials[0].Scenario; !slices.Contains(c.OnlyOld, scenario) {
			scenarios = append(scenarios, scenario)
		}
	}
	return scenarios
}

// withoutRow says of which scenarios and metrics that both files have one of them has no figure.
func (c *FileComparison) withoutRow(s subjects) []string {
	lines := make([]string, len(c.WithoutRow))
	for i, u := range c.WithoutRow {
		what := s.titles[u.Scenario]
		if u.Metric != "" {
			what = strings.TrimPrefix(what+", "+figureIn(u.Metric).label, ", ")
		}
		lines[i] = fmt.Sprintf("no figure in the %s file: %s: %s", u.OnlyIn.other(), cmp.Or(what, "the scenario"), plain(u.Reason))
	}
	return lines
}

func (c *FileComparison) subjects() subjects { return nameSubjects(c.inBoth()) }

func (c *FileComparison) groups(s subjects) []group[Unpaired] {
	var groups []group[Unpaired]
	for i, u := range c.Rows {
		if i == 0 || u.Scenario != c.Rows[i-1].Scenario {
			groups = append(groups, group[Unpaired]{heading: s.titles[u.Scenario]})
		}
		last := &groups[len(groups)-1]
		last.rows = append(last.rows, u)
	}
	return groups
}

func unpairedColumns() []column[Unpaired] {
	median := func(of func(Unpaired) Median) func(Unpaired) string {
		return func(u Unpaired) string { return u.figure().format(of(u).Median) }
	}
	interval := func(of func(Unpaired) Median) func(Unpaired) string {
		return func(u Unpaired) string { return bounds(of(u).Low, of(u).High, u.figure().format) }
	}
	before, after := func(u Unpaired) Median { return u.Old }, func(u Unpaired) Median { return u.New }
	return []column[Unpaired]{
		{left: true, cell: func(u Unpaired) string { return u.figure().label }},
		{header: "old\nmedian", cell: median(before)},
		{header: "old\n95 %", keep: 1, cell: interval(before)},
		{header: "new\nmedian", cell: median(after)},
		{header: "new\n95 %", keep: 1, cell: interval(after)},
		{header: "\nnew/old", cell: func(u Unpaired) string { return cellOf(u.Ratio, quotient) }},
		{header: "new/old\nwithin", keep: 4, cell: func(u Unpaired) string { return bounds(u.Low, u.High, quotient) }},
		{header: "\np", keep: 3, cell: func(u Unpaired) string { return probability(u.PValue) }},
		{header: "p of\nall rows", keep: 2, cell: func(u Unpaired) string { return cellOf(u.AdjustedP, probability) }},
		{header: "trials\nold+new", keep: 2, cell: func(u Unpaired) string { return fmt.Sprintf("%d+%d", u.Old.N, u.New.N) }},
		{header: "\nverdict", left: true, cell: func(u Unpaired) string { return string(u.Verdict) }},
	}
}

// figure is how a table shows the metric.
func (u Unpaired) figure() comparedFigure { return figureIn(u.Metric) }

// figureIn is how a metric that two files are compared in is shown.
func figureIn(m Metric) comparedFigure {
	figures := comparedFigures()
	return figures[slices.IndexFunc(figures, func(f comparedFigure) bool { return f.metric == m })]
}

// bounds shows an interval that may be absent.
func bounds(low, high *float64, format func(float64) string) string {
	if low == nil || high == nil {
		return absent
	}
	return format(*low) + " to " + format(*high)
}

func (c *FileComparison) legend() string {
	return fmt.Sprintf("old and new: medians of the trials and their 95 %% intervals. new/old: their ratio, and within what it lies by "+
		"these intervals. p: how likely trials as far apart are where nothing differs (Mann–Whitney); of all rows: corrected for their "+
		"number (Holm). better and worse: that is below %g, however small the change. same: the ratio is shown to lie within ±%.3g %%. "+
		"inconclusive: neither, or a trial of the new file failed.", significance, 100*c.Margin)
}
