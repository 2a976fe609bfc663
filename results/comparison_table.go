package results

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/text"
)

const comparisonLegend = "A and B: medians of their trials. B/A: centre of the rounds' ratios, a round's being the mean of B's trials in it over the mean of A's; " +
	"low and high: its interval; p: chance of such a difference where there is none. One verdict for each metric, of B: better or worse (no chance, " +
	"and the interval lies beyond the margin), same (the interval lies within the margin), or inconclusive."

// armsRow is one metric of both arms.
type armsRow struct {
	wording
	a, b  string // medians
	ratio *Comparison
}

// comparisons writes each series: a line per metric that an arm has, a sentence per verdict, and returns the warnings.
func (p *page) comparisons(f *File) (warnings []string, err error) {
	for _, trials := range seriesOf(f.OfPhase(PhasePlain)) {
		records := slices.DeleteFunc(slices.Clone(f.Comparisons), func(c Comparison) bool { return c.Series != trials[0].Series })
		more, err := p.comparison(records, trials)
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, more...)
	}
	return warnings, nil
}

// comparison writes one series.
func (p *page) comparison(records []Comparison, trials []Trial) (warnings []string, err error) {
	if len(records) == 0 {
		return Sentences(SeriesWarnings(trials)), nil
	}
	s := nameSubjects([]string{records[0].ScenarioA, records[0].ScenarioB})
	p.paragraph(armLines(records[0], s), gap, text.Reset)
	p.paragraph(s.shared, gap, text.Faint)
	summaries, err := Summarize(trials)
	if err != nil {
		return nil, err
	}
	rows := armsRows(records, armOf(summaries, ArmA), armOf(summaries, ArmB))
	columns, dropped := tabulate(p, []group[armsRow]{{rows: rows}}, armsColumns())
	p.paragraph(sentences(records), "", text.Bold)
	if len(columns) > 1 {
		p.explain(comparisonLegend, dropped)
	}
	return append(comparisonWarnings(records), Sentences(SeriesWarnings(trials))...), nil
}

// sentences is the verdicts in words.
func sentences(records []Comparison) []string {
	lines := make([]string, len(records))
	for i, c := range records {
		lines[i] = Sentence(c)
	}
	return lines
}

// armLines says what each arm is.
func armLines(c Comparison, s subjects) []string {
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
func armOf(summaries []Summary, arm string) Summary {
	for _, s := range summaries {
		if s.Arm == arm {
			return s
		}
	}
	return Summary{}
}

func armsRows(records []Comparison, a, b Summary) []armsRow {
	var rows []armsRow
	for _, m := range ArmMetrics() {
		w := armWording(m)
		r := armsRow{wording: w, a: medianCell(a, w), b: medianCell(b, w)}
		if i := slices.IndexFunc(records, func(c Comparison) bool { return c.Metric == m }); i >= 0 {
			r.ratio = &records[i]
		}
		if r.a != absent || r.b != absent || r.ratio != nil {
			rows = append(rows, r)
		}
	}
	return rows
}

func medianCell(s Summary, w wording) string {
	if stat, ok := s.Stats[w.metric]; ok {
		return w.format(stat.Median)
	}
	return absent
}

func armsColumns() []column[armsRow] {
	ratio := func(of func(Comparison) string) func(armsRow) string {
		return func(r armsRow) string {
			if r.ratio == nil || r.ratio.Rounds == 0 {
				return absent
			}
			return of(*r.ratio)
		}
	}
	comparison := func(of func(Comparison) string) func(armsRow) string {
		return func(r armsRow) string {
			if r.ratio == nil {
				return absent
			}
			return of(*r.ratio)
		}
	}
	return []column[armsRow]{
		{left: true, cell: func(r armsRow) string { return r.label }},
		{header: "A", cell: func(r armsRow) string { return r.a }},
		{header: "B", cell: func(r armsRow) string { return r.b }},
		{header: "B/A", cell: ratio(func(c Comparison) string { return quotient(c.Ratio) })},
		{header: "low", keep: 4, cell: ratio(func(c Comparison) string { return quotient(c.Low) })},
		{header: "high", keep: 4, cell: ratio(func(c Comparison) string { return quotient(c.High) })},
		{header: "p", keep: 2, cell: ratio(func(c Comparison) string { return chanceText(c.PValue) })},
		{header: "margin\n%", keep: 1, cell: ratio(func(c Comparison) string { return percent(c.Margin) })},
		{header: "A/A", keep: 3, cell: ratio(controlCell)},
		{header: "rounds", keep: 2, cell: comparison(roundsCell)},
		{left: true, header: "B is", cell: comparison(func(c Comparison) string { return string(c.Verdict) })},
	}
}

// roundsCell is how many rounds have a ratio, of how many where some have none.
func roundsCell(c Comparison) string {
	if c.UnmeasuredRounds == 0 {
		return strconv.Itoa(c.Rounds)
	}
	return fmt.Sprintf("%d of %d", c.Rounds, c.Rounds+c.UnmeasuredRounds)
}

func controlCell(c Comparison) string {
	if c.Control == nil {
		return absent
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
func comparisonWarnings(records []Comparison) []string {
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
