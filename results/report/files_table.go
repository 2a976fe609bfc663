package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// FilesTable renders a comparison of files: both fingerprints and in what the hosts differ, a line per scenario and metric, the scenarios that only one
// file has, and warnings. It ends in a newline.
func FilesTable(c *analysis.FileComparison, o Options) string {
	p := page{layout.NewPage(o)}
	p.Paragraph([]string{"old: " + Fingerprint(c.Old.Host), "new: " + Fingerprint(c.New.Host)}, "", text.Bold)
	p.Paragraph(hostsDiffer(c), layout.Gap, text.FgYellow)
	s := nameSubjects(c.InBoth())
	p.Paragraph(s.shared, layout.Gap, text.Faint)
	if len(c.Rows) > 0 {
		_, dropped := layout.Tabulate(p.Page, unpairedGroups(c.Rows, s), unpairedColumns())
		p.Explain(filesLegend(c.Margin), dropped)
	}
	p.Paragraph(prefixed("only in the old file: ", plainAll(c.OnlyOld)), layout.Gap, text.Reset)
	p.Paragraph(prefixed("only in the new file: ", plainAll(c.OnlyNew)), layout.Gap, text.Reset)
	p.Paragraph(withoutRow(c.WithoutRow, s), layout.Gap, text.Reset)
	p.Paragraph(prefixed("warning: ", filesWarnings(c, s)), layout.Gap, text.FgYellow)
	return p.String()
}

// withoutRow says of which scenarios and metrics that both files have one of them has no figure.
func withoutRow(missing []analysis.Missing, s subjects) []string {
	lines := make([]string, len(missing))
	for i, u := range missing {
		what := s.titles[u.Scenario]
		if u.Metric != "" {
			what = strings.TrimPrefix(what+", "+fileWording(u.Metric).label, ", ")
		}
		lines[i] = fmt.Sprintf("no figure in the %s file: %s: %s", otherFile(u.OnlyIn), cmp.Or(what, "the scenario"), reason(u))
	}
	return lines
}

func unpairedGroups(rows []analysis.FileRow, s subjects) []layout.Group[results.Unpaired] {
	var groups []layout.Group[results.Unpaired]
	for i, u := range rows {
		if i == 0 || u.Scenario != rows[i-1].Scenario {
			groups = append(groups, layout.Group[results.Unpaired]{Heading: s.titles[u.Scenario]})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, u.Unpaired)
	}
	return groups
}

func unpairedColumns() []layout.Column[results.Unpaired] {
	median := func(of func(results.Unpaired) results.Median) func(results.Unpaired) string {
		return func(u results.Unpaired) string { return fileWording(u.Metric).format(of(u).Median) }
	}
	interval := func(of func(results.Unpaired) results.Median) func(results.Unpaired) string {
		return func(u results.Unpaired) string { return bounds(of(u).Low, of(u).High, fileWording(u.Metric).format) }
	}
	before, after := func(u results.Unpaired) results.Median { return u.Old }, func(u results.Unpaired) results.Median { return u.New }
	return []layout.Column[results.Unpaired]{
		{Left: true, Cell: func(u results.Unpaired) string { return fileWording(u.Metric).label }},
		{Header: "old\nmedian", Cell: median(before)},
		{Header: "old\n95 %", Keep: 1, Cell: interval(before)},
		{Header: "new\nmedian", Cell: median(after)},
		{Header: "new\n95 %", Keep: 1, Cell: interval(after)},
		{Header: "\nnew/old", Cell: func(u results.Unpaired) string { return cellOf(u.Ratio, quotient) }},
		{Header: "new/old\nwithin", Keep: 4, Cell: func(u results.Unpaired) string { return bounds(u.Low, u.High, quotient) }},
		{Header: "\np", Keep: 3, Cell: func(u results.Unpaired) string { return probability(u.PValue) }},
		{Header: "p of\nall rows", Keep: 2, Cell: func(u results.Unpaired) string { return cellOf(u.AdjustedP, probability) }},
		{Header: "trials\nold+new", Keep: 2, Cell: func(u results.Unpaired) string { return fmt.Sprintf("%d+%d", u.Old.N, u.New.N) }},
		{Header: "\nverdict", Left: true, Cell: func(u results.Unpaired) string { return string(u.Verdict) }},
	}
}

// bounds shows an interval that may be absent.
func bounds(low, high *float64, format func(float64) string) string {
	if low == nil || high == nil {
		return layout.Absent
	}
	return format(*low) + " to " + format(*high)
}

func filesLegend(margin float64) string {
	return fmt.Sprintf("old and new: medians of the trials and their 95 %% intervals. new/old: their ratio, and within what it lies by "+
		"these intervals. p: how likely trials as far apart are where nothing differs (Mann–Whitney); of all rows: corrected for their "+
		"number (Holm). better and worse: that is below %g, however small the change. same: the ratio is shown to lie within ±%.3g %%. "+
		"inconclusive: neither, or a trial of the new file failed.", analysis.Significance, 100*margin)
}
