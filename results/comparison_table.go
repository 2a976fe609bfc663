package results

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/text"
)

// comparedFigure is a metric that two arms are compared in.
type comparedFigure struct {
	metric Metric
	label  string
	format func(float64) string
	higher bool // more of it is better
}

// comparedFigures lists them as a table shows them.
func comparedFigures() []comparedFigure {
	return []comparedFigure{
		{MetricForwarded, "forwarded pps", scaled, true},
		{MetricThroughput, "throughput bit/s", scaled, true},
		{MetricLoss, "loss %", percent, false},
		{Latency("p50"), "latency p50 µs", micros, false},
		{Latency("p99"), "latency p99 µs", micros, false},
		{RoundTrip("p50"), "round trip p50 µs", micros, false},
		{RoundTrip("p99"), "round trip p99 µs", micros, false},
		{MetricDUTCost, "DUT CPU ns/packet", significant, false},
		{MetricMachineCost, "machine CPU ns/packet", significant, false},
	}
}

const comparisonLegend = "A and B: medians of their trials. A/B: median of the rounds' ratios, a round's being the mean of A's trials in it over the mean of B's; " +
	"least and most: of one round. Above 1 A has more of it: better of forwarded and throughput, worse of all else."

// armsRow is one metric of both arms.
type armsRow struct {
	comparedFigure
	a, b  string // medians
	ratio *Comparison
}

// comparisons writes a line per metric that an arm has, and returns the warnings. All records are of one pair of scenarios.
func (p *page) comparisons(records []Comparison, trials []Trial) (warnings []string, err error) {
	s := nameSubjects([]string{records[0].ScenarioA, records[0].ScenarioB})
	p.paragraph(armLines(records[0], s), gap, text.Reset)
	p.paragraph(s.shared, gap, text.Faint)
	summaries, err := Summarize(trials)
	if err != nil {
		return nil, err
	}
	rows := armsRows(records, armOf(summaries, ArmA), armOf(summaries, ArmB))
	columns, dropped := tabulate(p, []group[armsRow]{{rows: rows}}, armsColumns())
	if len(columns) > 1 {
		p.explain(comparisonLegend, dropped)
	}
	return armsWarnings(trials), nil
}

// armLines says what each arm is.
func armLines(c Comparison, s subjects) []string {
	if c.ScenarioA == c.ScenarioB {
		return []string{"A and B are the same"}
	}
	return []string{"A: " + s.titles[c.ScenarioA], "B: " + s.titles[c.ScenarioB]}
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
	for _, f := range comparedFigures() {
		r := armsRow{comparedFigure: f, a: medianCell(a, f), b: medianCell(b, f)}
		if i := slices.IndexFunc(records, func(c Comparison) bool { return c.Metric == f.metric }); i >= 0 {
			r.ratio = &records[i]
		}
		if r.a != absent || r.b != absent || r.ratio != nil {
			rows = append(rows, r)
		}
	}
	return rows
}

func medianCell(s Summary, f comparedFigure) string {
	if stat, ok := s.Stats[f.metric]; ok {
		return f.format(stat.Median)
	}
	return absent
}

func armsColumns() []column[armsRow] {
	ratio := func(of func(Comparison) string) func(armsRow) string {
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
		{header: "A/B", cell: ratio(func(c Comparison) string { return quotient(c.Ratio) })},
		{header: "least", keep: 2, cell: ratio(func(c Comparison) string { return quotient(c.Low) })},
		{header: "most", keep: 2, cell: ratio(func(c Comparison) string { return quotient(c.High) })},
		{header: "rounds", keep: 1, cell: ratio(func(c Comparison) string { return strconv.Itoa(c.Rounds) })},
	}
}

// armsWarnings says which rounds do not count, and what is odd about the trials of each arm.
func armsWarnings(trials []Trial) []string {
	var warnings []string
	for _, arm := range []string{ArmA, ArmB} {
		of := slices.DeleteFunc(slices.Clone(trials), func(t Trial) bool { return t.Arm != arm })
		warnings = append(warnings, prefixed(arm+": ", trialWarnings(of))...)
	}
	if all, whole := roundsOf(trials), len(wholeRounds(trials)); whole < all {
		warnings = append(warnings, fmt.Sprintf("%d of %d rounds count: in the others a trial failed or is missing", whole, all))
	}
	return warnings
}

// roundsOf is how many rounds the trials are of.
func roundsOf(trials []Trial) int {
	seen := map[int]bool{}
	for _, t := range trials {
		seen[t.Round] = true
	}
	return len(seen)
}
