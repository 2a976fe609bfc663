package page

import "tunbench/results/report"

// bisects shows which commit was found, and the steps that led to it.
func (b *builder) bisects() error {
	s := section{ID: "bisect", Title: "Bisect"}
	for i, file := range b.files {
		for _, bisect := range file.Bisects {
			s.Words = append(s.Words, withNumber(b.number(i), report.Plain(bisect.Headline)))
			f := figure{Title: "Steps from " + report.Plain(bisect.Good) + " to " + report.Plain(bisect.Bad), Open: true, Table: table{Head: append(
				[]column{{Name: "commit"}, {Name: "compared with"}, {Name: "verdict"}, {Name: "metric"}}, numbers("ratio", "low", "high", "rounds")...,
			)}}
			f.Table.Head[4].Number = true
			for _, step := range bisect.Steps {
				row := []cell{
					{Text: report.Plain(step.Commit)}, textCell(report.Plain(step.ComparedWith)), textCell(report.Plain(withReason(step.Verdict, step.Why))),
				}
				if step.Rounds == 0 || !(step.Ratio > 0) {
					row = append(row, cell{Text: "–"}, cell{Text: "–"}, cell{Text: "–"}, cell{Text: "–"})
				} else {
					row = append(row, textCell(report.Label(step.Metric)), figureCell(step.Ratio, report.Quotient(step.Ratio)),
						figureCell(step.Low, report.Quotient(step.Low)), figureCell(step.High, report.Quotient(step.High)))
				}
				f.Table.Rows = append(f.Table.Rows, tableRow{step.Commit, append(row, count(int64(step.Rounds)))})
			}
			if len(f.Table.Rows) > 0 {
				s.Figures = append(s.Figures, b.named(f))
			}
		}
	}
	b.add(s)
	return nil
}

// withReason sets why behind what came out.
func withReason(verdict, why string) string {
	if why == "" {
		return verdict
	}
	return verdict + ": " + why
}
