package page

import (
	"fmt"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// filesMargin is the change between two files that is not worth speaking of, as that of tunbench compare.
const filesMargin = 0.05

// filesCompared sets every file against the first.
func (b *builder) filesCompared() error {
	if !b.several() {
		return nil
	}
	s := section{ID: "files", Title: "Files compared", Notes: []string{report.FilesLegend(filesMargin)}}
	for i, f := range b.files[1:] {
		number := b.number(i + 1)
		c, err := analysis.CompareFiles(b.files[0], f, filesMargin)
		if err != nil {
			s.Words = append(s.Words, fmt.Sprintf("file %s cannot be compared with file 1: %v", number, err))
			continue
		}
		s.Words = append(s.Words, filesWords(number, c))
		for _, text := range report.FilesWarnings(c) {
			b.doc.Warnings = append(b.doc.Warnings, fmt.Sprintf("file %s against file 1: %s", number, text))
		}
		for _, difference := range report.HostDifferences(b.files[0].Host, f.Host) {
			s.Facts = append(s.Facts, fmt.Sprintf("the hosts of file 1 and %s differ: %s", number, difference))
		}
		if err := b.filePair(&s, number, c); err != nil {
			return err
		}
	}
	b.add(s)
	return nil
}

// filesWords counts the verdicts.
func filesWords(number string, c *analysis.FileComparison) string {
	var parts []string
	for _, v := range []results.Verdict{results.VerdictWorse, results.VerdictBetter, results.VerdictSame, results.VerdictInconclusive} {
		if n := c.Count(v); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return fmt.Sprintf("file %s against file 1, of %s: %s", number, results.Count(len(c.Rows), "figure"), strings.Join(parts, ", "))
}

func (b *builder) filePair(s *section, number string, c *analysis.FileComparison) error {
	var scenarios []string
	for _, r := range c.Rows {
		scenarios = append(scenarios, r.Scenario)
	}
	titles, shared := report.ScenarioTitles(scenarios)
	if len(s.Figures) == 0 {
		s.Facts = append(s.Facts, shared...)
	}
	f := figure{
		Title: fmt.Sprintf("File %s against file 1", number),
		Note:  "Ratios of the medians, and within what they lie. Shaded: what counts as the same. Triangle up: better, down: worse, square: the same, open: undecided.",
		Table: table{Head: append(numbers("", "file 1", "file "+number, "ratio", "low", "high", "p of all rows"), column{Name: "verdict"})},
	}
	forest := chart.Forest{Name: "file " + number + " / file 1", Format: report.Quotient}
	last := ""
	for i, r := range c.Rows {
		label := report.FileLabel(r.Metric)
		format := func(v float64) string { return report.FileFormat(r.Metric, v) }
		name := strings.TrimPrefix(titles[i]+", "+label, ", ")
		f.Table.Rows = append(f.Table.Rows, tableRow{r.Scenario, []cell{
			{Text: name},
			figureCell(r.Old.Median, format(r.Old.Median)), figureCell(r.New.Median, format(r.New.Median)), optional(r.Ratio, report.Quotient),
			optional(r.Low, report.Quotient), optional(r.High, report.Quotient), optional(r.AdjustedP, report.Probability), verdictCell(r.Verdict),
		}})
		if r.Ratio == nil || !(*r.Ratio > 0) {
			continue
		}
		row := chart.ForestRow{
			Label: label, Key: r.Scenario, Ratio: *r.Ratio, Low: *r.Ratio, High: *r.Ratio, Margin: c.Margin, Class: verdictClass(r.Verdict),
			Value: verdictValue(r.Verdict, *r.Ratio), Tip: fmt.Sprintf("%s\n%s to %s: %s", name, format(r.Old.Median), format(r.New.Median), verdictValue(r.Verdict, *r.Ratio)),
		}
		if r.Low != nil && r.High != nil && *r.Low > 0 {
			row.Low, row.High = *r.Low, *r.High
		}
		if titles[i] != last {
			row.Heading, last = titles[i], titles[i]
		}
		forest.Rows = append(forest.Rows, row)
	}
	if len(forest.Rows) == 0 {
		return nil
	}
	forest.Rows = shownRows(forest.Rows, &f.Note)
	f, err := b.chart(f, "Ratios with intervals around 1. "+forestWords(forest.Rows), forest.Draw)
	s.Figures = append(s.Figures, f)
	return err
}
