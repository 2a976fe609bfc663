package results

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// FilesTable renders a comparison of files: both fingerprints and in what the hosts differ, a line per scenario and metric, the scenarios that only one
// file has, and warnings. It ends in a newline.
func FilesTable(c *FileComparison, o Options) string {
	p := &page{options: o}
	p.paragraph([]string{"old: " + Fingerprint(c.Old.Host), "new: " + Fingerprint(c.New.Host)}, "", text.Bold)
	p.paragraph(hostsDiffer(c), gap, text.FgYellow)
	s := nameSubjects(c.InBoth())
	p.paragraph(s.shared, gap, text.Faint)
	if len(c.Rows) > 0 {
		_, dropped := tabulate(p, unpairedGroups(c.Rows, s), unpairedColumns())
		p.explain(filesLegend(c.Margin), dropped)
	}
	p.paragraph(prefixed("only in the old file: ", plainAll(c.OnlyOld)), gap, text.Reset)
	p.paragraph(prefixed("only in the new file: ", plainAll(c.OnlyNew)), gap, text.Reset)
	p.paragraph(withoutRow(c.WithoutRow, s), gap, text.Reset)
	p.paragraph(prefixed("warning: ", filesWarnings(c, s)), gap, text.FgYellow)
	return p.String()
}

// withoutRow says of which scenarios and metrics that both files have one of them has no figure.
func withoutRow(missing []Missing, s subjects) []string {
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

func unpairedGroups(rows []FileRow, s subjects) []group[Unpaired] {
	var groups []group[Unpaired]
	for i, u := range rows {
		if i == 0 || u.Scenario != rows[i-1].Scenario {
			groups = append(groups, group[Unpaired]{heading: s.titles[u.Scenario]})
		}
		last := &groups[len(groups)-1]
		last.rows = append(last.rows, u.Unpaired)
	}
	return groups
}

func unpairedColumns() []column[Unpaired] {
	median := func(of func(Unpaired) Median) func(Unpaired) string {
		return func(u Unpaired) string { return fileWording(u.Metric).format(of(u).Median) }
	}
	interval := func(of func(Unpaired) Median) func(Unpaired) string {
		return func(u Unpaired) string { return bounds(of(u).Low, of(u).High, fileWording(u.Metric).format) }
	}
	before, after := func(u Unpaired) Median { return u.Old }, func(u Unpaired) Median { return u.New }
	return []column[Unpaired]{
		{left: true, cell: func(u Unpaired) string { return fileWording(u.Metric).label }},
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

// bounds shows an interval that may be absent.
func bounds(low, high *float64, format func(float64) string) string {
	if low == nil || high == nil {
		return absent
	}
	return format(*low) + " to " + format(*high)
}

func filesLegend(margin float64) string {
	return fmt.Sprintf("old and new: medians of the trials and their 95 %% intervals. new/old: their ratio, and within what it lies by "+
		"these intervals. p: how likely trials as far apart are where nothing differs (Mann–Whitney); of all rows: corrected for their "+
		"number (Holm). better and worse: that is below %g, however small the change. same: the ratio is shown to lie within ±%.3g %%. "+
		"inconclusive: neither, or a trial of the new file failed.", Significance, 100*margin)
}
