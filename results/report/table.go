package report

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// Options says how a page may look: colors, width, Markdown.
type Options = layout.Options

// page is a page to which the sections of a result file are written.
type page struct{ *layout.Page }

// Table renders whatever a result file holds, for a terminal or as Markdown: the machine; plain trials, a line per scenario with medians and
// their spread over the repeats, grouped by load so that devices under test stand below one another; calibrations, searches with the latencies
// at shares of what they found, bursts, soaks, comparisons and sweeps; warnings; and what a gate made of it. Of a merged file it shows what the machines say
// together, and each machine's verdicts. It ends in a newline.
func Table(f *results.File, o Options) (string, error) {
	p := page{layout.NewPage(o)}
	warnings, err := p.any(f)
	if err != nil {
		return "", err
	}
	p.Paragraph(prefixed("warning: ", warnings), layout.Gap, text.FgYellow)
	if f.Merge != nil {
		p.fleetGate(f)
	}
	p.gates(f.Gates)
	for _, b := range f.Bisects {
		p.Blank()
		p.Paragraph([]string{"bisect: " + plain(b.Headline)}, "", text.Bold)
	}
	return p.String(), nil
}

// Warnings says what a reader of a result file must know, as it stands below the table: a sentence each.
func Warnings(f *results.File) ([]string, error) {
	return page{layout.NewPage(Options{})}.any(f)
}

// any writes a file of one machine or of several.
func (p page) any(f *results.File) (warnings []string, err error) {
	if f.Merge != nil {
		return p.merged(f)
	}
	return p.file(f)
}

// file writes what was measured, and returns the warnings.
func (p page) file(f *results.File) (warnings []string, err error) {
	p.Paragraph([]string{Fingerprint(f.Host)}, "", text.Bold)
	warnings = Sentences(analysis.FileWarnings(f))
	if len(f.Trials)+len(f.Calibrations)+len(f.Searches)+len(f.Bursts)+len(f.Soaks)+len(f.Comparisons)+len(f.Sweeps) == 0 {
		p.Paragraph([]string{"no trials"}, "", text.Reset)
	}
	more, err := p.plainTrials(f)
	if err != nil {
		return nil, err
	}
	warnings = append(warnings, more...)
	warnings = append(warnings, p.calibrations(f.Calibrations)...)
	warnings = append(warnings, p.searches(f)...)
	warnings = append(warnings, p.bursts(f)...)
	return append(warnings, p.soaks(f)...), nil
}

// plainTrials writes the trials that were measured for their own sake: those of two arms as a comparison,
// those of a sweep as its cells, where there is one.
func (p page) plainTrials(f *results.File) (warnings []string, err error) {
	if len(f.Sweeps) > 0 {
		return p.sweep(f.Sweeps, f.OfPhase(results.PhasePlain))
	}
	if len(f.Comparisons) > 0 {
		return p.comparisons(f)
	}
	return p.trials(f.OfPhase(results.PhasePlain))
}

// trials writes the table of plain trials, nothing if there are none, and returns its warnings.
func (p page) trials(trials []results.Trial) (warnings []string, err error) {
	summaries, err := analysis.Summarize(trials)
	if err != nil || len(summaries) == 0 {
		return nil, err
	}
	groups, n := arrange(summaries)
	scenarios := make([]string, len(summaries))
	for i, s := range summaries {
		scenarios[i] = s.Scenario
	}
	p.Paragraph(common(scenarios, n), layout.Gap, text.Faint)
	rows := layout.AllRows(groups)
	columns, dropped := layout.Tabulate(p.Page, groups, tableColumns(sameCount(rows)))
	p.Explain(legend(rows, columns), dropped)
	p.Paragraph(kernelDrops(trials, groups), layout.Gap, text.Reset)
	return rowsWarnings(trials, groups), nil
}

// gates writes the verdict of each gate, and what it rests on.
func (p page) gates(gates []results.Gate) {
	for _, g := range gates {
		p.Blank()
		p.Paragraph([]string{"gate: " + plain(g.Headline)}, "", text.Bold)
		for _, reason := range g.Reasons {
			indent := reason[:len(reason)-len(strings.TrimLeft(reason, " "))]
			p.Paragraph([]string{indent + plain(reason)}, indent+layout.Gap, text.Reset)
		}
	}
}
