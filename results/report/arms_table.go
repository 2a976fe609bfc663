package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/text"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

const comparisonLegend = "A and B: medians of their trials. B/A: centre of the rounds' ratios, a round's being the mean of B's trials in it over the mean of A's; " +
	"low and high: its interval; p: chance of such a difference where there is none. One verdict for each metric, of B: better or worse (no chance, " +
	"and the interval lies beyond the margin), same (the interval lies within the margin), or inconclusive."

// armsRow is one metric of both arms.
type armsRow struct {
	wording
	a, b  string // medians
	ratio *results.Comparison
}

// comparisons writes each series: a line per metric that an arm has, a sentence per verdict, and returns the warnings.
func (p page) comparisons(f *results.File) (warnings []string, err error) {
	for _, trials := range analysis.SeriesOf(f.OfPhase(results.PhasePlain)) {
		records := slices.DeleteFunc(slices.Clone(f.Comparisons), func(c results.Comparison) bool { return c.Series != trials[0].Series })
		more, err := p.comparison(records, trials)
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, more...)
	}
	return warnings, nil
}

// comparison writes one series.
func (p page) comparison(records []results.Comparison, trials []results.Trial) (warnings []string, err error) {
	if len(records) == 0 {
		return Sentences(analysis.SeriesWarnings(trials)), nil
	}
	s := nameSubjects([]string{records[0].ScenarioA, records[0].ScenarioB})
	p.Paragraph(armLines(records[0], s), layout.Gap, text.Reset)
	p.Paragraph(s.shared, layout.Gap, text.Faint)
	summaries, err := analysis.Summarize(trials)
	if err != nil {
		return nil, err
	}
	rows := armsRows(records, armOf(summaries, results.ArmA), armOf(summaries, results.ArmB))
	columns, dropped := layout.Tabulate(p.Page, []layout.Group[armsRow]{{Rows: rows}}, armsColumns())
	p.Paragraph(sentences(records), "", text.Bold)
	if len(columns) > 1 {
		p.Explain(comparisonLegend, dropped)
	}
	return append(comparisonWarnings(records), Sentences(analysis.SeriesWarnings(trials))...), nil
}

// sentences is the verdicts in words.
func sentences(records []results.Comparison) []string {
	lines := make([]string, len(records))
	for i, c := range records {
		lines[i] = Sentence(c)
	}
	return lines
}

// armLines says what each arm is.
func armLines(c results.Comparison, s subjects) []string {
	a, b := plain(c.ProgramA), plain(c.ProgramB)
	if c.ScenarioA == c.ScenarioB {
		if a == b {
			return []string{"A and B are the same"}
		}
		return []string{"A: " + orThis(a), "B: " + orThis(b)}
	}
	return []string{"A: " + s.titles[c.ScenarioA] + behind(a), "B: " + s.titles[c.ScenarioB] + behind(b)}
}

func orThis(program string) string {
	if program == "" {
		return "this program"
	}
	return program
}

// behind is a label after another one.
func behind(label string) string {
	if label == "" {
		return ""
	}
	return " · " + label
}

// armOf is the summary of an arm, empty where it has no trials.
func armOf(summaries []analysis.Summary, arm string) analysis.Summary {
	for _, s := range summaries {
		if s.Arm == arm {
			return s
		}
	}
	return analysis.Summary{}
}

func armsRows(records []results.Comparison, a, b analysis.Summary) []armsRow {
	var rows []armsRow
	for _, m := range analysis.ArmMetrics() {
		w := armWording(m)
		r := armsRow{wording: w, a: medianCell(a, w), b: medianCell(b, w)}
		if i := slices.IndexFunc(records, func(c results.Comparison) bool { return c.Metric == m }); i >= 0 {
			r.ratio = &records[i]
		}
		if r.a != layout.Absent || r.b != layout.Absent || r.ratio != nil {
			rows = append(rows, r)
		}
	}
	return rows
}

func medianCell(s analysis.Summary, w wording) string {
	if stat, ok := s.Stats[w.metric]; ok {
		return w.format(stat.Median)
	}
	return layout.Absent
}

func armsColumns() []layout.Column[armsRow] {
	ratio := func(of func(results.Comparison) string) func(armsRow) string {
		return func(r armsRow) string {
			if r.ratio == nil || r.ratio.Rounds == 0 {
				return layout.Absent
			}
			return of(*r.ratio)
		}
	}
	comparison := func(of func(results.Comparison) string) func(armsRow) string {
		return func(r armsRow) string {
			if r.ratio == nil {
				return layout.Absent
			}
			return of(*r.ratio)
		}
	}
	return []layout.Column[armsRow]{
		{Left: true, Cell: func(r armsRow) string { return r.label }},
		{Header: "A", Cell: func(r armsRow) string { return r.a }},
		{Header: "B", Cell: func(r armsRow) string { return r.b }},
		{Header: "B/A", Cell: ratio(func(c results.Comparison) string { return quotient(c.Ratio) })},
		{Header: "low", Keep: 4, Cell: ratio(func(c results.Comparison) string { return quotient(c.Low) })},
		{Header: "high", Keep: 4, Cell: ratio(func(c results.Comparison) string { return quotient(c.High) })},
		{Header: "p", Keep: 2, Cell: ratio(func(c results.Comparison) string { return chanceText(c.PValue) })},
		{Header: "margin\n%", Keep: 1, Cell: ratio(func(c results.Comparison) string { return percent(c.Margin) })},
		{Header: "A/A", Keep: 3, Cell: ratio(controlCell)},
		{Header: "rounds", Keep: 2, Cell: comparison(roundsCell)},
		{Left: true, Header: "B is", Cell: comparison(func(c results.Comparison) string { return string(c.Verdict) })},
	}
}

// roundsCell is how many rounds have a ratio, of how many where some have none.
func roundsCell(c results.Comparison) string {
	if c.UnmeasuredRounds == 0 {
		return strconv.Itoa(c.Rounds)
	}
	return fmt.Sprintf("%d of %d", c.Rounds, c.Rounds+c.UnmeasuredRounds)
}

func controlCell(c results.Comparison) string {
	if c.Control == nil {
		return layout.Absent
	}
	return quotient(c.Control.Ratio)
}

// chanceText writes a p-value.
func chanceText(p float64) string {
	if p < 0.001 {
		return "<0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// comparisonWarnings gathers those of all metrics, equal ones once with the metrics they are about.
func comparisonWarnings(records []results.Comparison) []string {
	var texts []string
	about := map[string]string{}
	for _, c := range records {
		for _, w := range c.Warnings {
			if about[w] == "" {
				texts = append(texts, w)
				about[w] = Label(c.Metric)
			} else {
				about[w] += ", " + Label(c.Metric)
			}
		}
	}
	for i, w := range texts {
		texts[i] = about[w] + ": " + w
	}
	return texts
}
