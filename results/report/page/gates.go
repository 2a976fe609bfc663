package page

import (
	"strings"

	"tunbench/results"
	"tunbench/results/report"
)

// gates shows what gates made of their comparisons.
func (b *builder) gates() error {
	s := section{ID: "gate", Title: "Gate"}
	for i, file := range b.files {
		for _, g := range file.Gates {
			s.Words = append(s.Words, withNumber(b.number(i), report.Plain(g.Headline)))
			for _, reason := range g.Reasons {
				s.Words = append(s.Words, withNumber(b.number(i), report.Plain(strings.TrimSpace(reason))))
			}
			f := figure{Title: "Findings: " + report.Plain(g.Candidate) + " against " + report.Plain(g.Baseline), Open: true, Table: table{
				Head: []column{{Name: "scenario"}, {Name: "metric"}, {Name: "required"}, {Name: "outcome"}},
			}}
			for _, finding := range g.Findings {
				required := "no"
				if finding.Required {
					required = "yes"
				}
				class := "t"
				if finding.Outcome == string(results.VerdictWorse) {
					class = "t bad"
				}
				f.Table.Rows = append(f.Table.Rows, tableRow{finding.Scenario, []cell{
					{Text: report.Plain(finding.Scenario)}, textCell(report.Label(finding.Metric)), textCell(required), {Text: report.Plain(finding.Outcome), Class: class},
				}})
			}
			if len(f.Table.Rows) > 0 {
				s.Figures = append(s.Figures, b.named(f))
			}
		}
	}
	b.add(s)
	return nil
}
