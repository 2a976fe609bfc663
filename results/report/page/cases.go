package page

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/report"
)

// WriteCases writes a page of what tunbench check found: the matrix of cases and settings. Nothing is written unless the whole page could be made.
func WriteCases(w io.Writer, cases []results.Case) error {
	if len(cases) == 0 {
		return errors.New("make page: no case")
	}
	b := &builder{}
	d := document{Title: "tunbench check", Verdict: casesVerdict(cases)}
	s := section{ID: "cases", Title: "Cases"}
	var settings, names []string
	byPlace := map[[2]string]results.Case{}
	for _, c := range cases {
		if !slices.Contains(settings, c.Setting) {
			settings = append(settings, c.Setting)
		}
		if !slices.Contains(names, c.Case) {
			names = append(names, c.Case)
		}
		byPlace[[2]string{c.Setting, c.Case}] = c
		if c.Outcome == "fail" {
			d.Warnings = append(d.Warnings, fmt.Sprintf("%s on setting %d: %s", report.Plain(c.Case), 1+slices.Index(settings, c.Setting), caseReason(c)))
		}
	}
	titles, shared := report.ScenarioTitles(settings)
	s.Facts = shared
	f := figure{Title: "Cases and settings", Open: true, Note: "✓ passed, ✗ failed, – does not apply.", Table: table{Class: "cases", Head: []column{{Name: "case"}}}}
	for i, title := range titles {
		f.Table.Head = append(f.Table.Head, column{Name: strings.TrimSpace(fmt.Sprintf("%d %s", i+1, title))})
	}
	for _, name := range names {
		row := tableRow{report.Plain(name), []cell{{Text: report.Plain(name)}}}
		for _, setting := range settings {
			row.Cells = append(row.Cells, outcomeCell(byPlace[[2]string{setting, name}].Outcome))
		}
		f.Table.Rows = append(f.Table.Rows, row)
	}
	s.Figures = []figure{b.named(f)}
	d.Sections = []section{s}
	var out bytes.Buffer
	if err := execute(&out, d); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// casesVerdict is one sentence.
func casesVerdict(cases []results.Case) string {
	counts := map[string]int{}
	var failed []string
	for _, c := range cases {
		if counts[c.Outcome]++; c.Outcome == "fail" && !slices.Contains(failed, report.Plain(c.Case)) {
			failed = append(failed, report.Plain(c.Case))
		}
	}
	text := fmt.Sprintf("%s: %d passed, %d failed, %d not applicable", capital(results.Count(len(cases), "packet-exact case")), counts["pass"], counts["fail"], counts["n/a"])
	const named = 4
	if len(failed) > named {
		failed = append(failed[:named], "…")
	}
	if len(failed) > 0 {
		return text + "; distrust the program in " + strings.Join(failed, ", ") + "."
	}
	return text + "."
}

// caseReason says why a case failed.
func caseReason(c results.Case) string {
	text := report.Plain(c.Reason)
	if c.Finding != "" {
		text = report.Plain(c.Finding) + ": " + text
	}
	switch c.Again {
	case "fail":
		text += " (it failed again in a new scene)"
	case "pass":
		text += " (it passed when repeated in a new scene)"
	}
	return text
}

// outcomeCell is a sign with a word for who does not see it.
func outcomeCell(outcome string) cell {
	switch outcome {
	case "pass":
		return cell{Text: "✓ pass", Class: "good"}
	case "fail":
		return cell{Text: "✗ fail", Class: "bad"}
	}
	return cell{Text: "–"}
}
