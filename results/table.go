package results

import "github.com/jedib0t/go-pretty/v6/text"

// Table renders whatever a result file holds for a terminal or as Markdown: the machine; plain trials, a line per scenario with medians and their spread
// over the repeats, grouped by load so that devices under test stand below one another; calibrations, searches with the latencies at
// shares of what they found, bursts, soaks, comparisons and sweeps; warnings; and what a gate made of it. It ends in a newline.
func Table(f *File, o Options) (string, error) {
	p := &page{options: o}
	p.paragraph([]string{Fingerprint(f.Host)}, "", text.Bold)
	warnings := Sentences(FileWarnings(f))
	if len(f.Trials)+len(f.Calibrations)+len(f.Searches)+len(f.Bursts)+len(f.Soaks)+len(f.Comparisons)+len(f.Sweeps) == 0 {
		p.paragraph([]string{"no trials"}, "", text.Reset)
	}
	more, err := p.plainTrials(f)
	if err != nil {
		return "", err
	}
	warnings = append(warnings, more...)
	warnings = append(warnings, p.calibrations(f.Calibrations)...)
	warnings = append(warnings, p.searches(f)...)
	warnings = append(warnings, p.bursts(f)...)
	warnings = append(warnings, p.soaks(f)...)
	p.paragraph(prefixed("warning: ", warnings), gap, text.FgYellow)
	p.gates(f.Gates)
	return p.String(), nil
}

// plainTrials writes the trials that were measured for their own sake: those of two arms as a comparison,
// those of a sweep as its cells, where there is one.
func (p *page) plainTrials(f *File) (warnings []string, err error) {
	if len(f.Sweeps) > 0 {
		return p.sweep(f.Sweeps, f.OfPhase(PhasePlain))
	}
	if len(f.Comparisons) > 0 {
		return p.comparisons(f)
	}
	return p.trials(f.OfPhase(PhasePlain))
}

// trials writes the table of plain trials, nothing if there are none, and returns its warnings.
func (p *page) trials(trials []Trial) (warnings []string, err error) {
	summaries, err := Summarize(trials)
	if err != nil || len(summaries) == 0 {
		return nil, err
	}
	groups, n := arrange(summaries)
	scenarios := make([]string, len(summaries))
	for i, s := range summaries {
		scenarios[i] = s.Scenario
	}
	p.paragraph(common(scenarios, n), gap, text.Faint)
	rows := allRows(groups)
	columns, dropped := tabulate(p, groups, tableColumns(sameCount(rows)))
	p.explain(legend(rows, columns), dropped)
	p.paragraph(kernelDrops(trials, groups), gap, text.Reset)
	return rowsWarnings(trials, groups), nil
}
