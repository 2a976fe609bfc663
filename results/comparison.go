package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/montanaflynn/stats"

	"tunbench/results/stat"
)

// The arms of a comparison, as trials name them.
const (
	ArmA       = "A"       // the baseline
	ArmB       = "B"       // what is compared with it
	ArmControl = "control" // A once more: what differs between these two is noise
)

// Comparison is how arm B did against arm A in one metric, measured in turns: the ratio of B's figure to A's, round by round. A round's figure
// of A is the mean over all its trials of A and of the control, which are the same.
type Comparison struct {
	Series    int    `json:"series"` // counted from 0 in a file that has several
	ScenarioA string `json:"scenario_a"`
	ScenarioB string `json:"scenario_b"`
	ProgramA  string `json:"program_a,omitempty"` // what forwarded, where it was not this program as it is
	ProgramB  string `json:"program_b,omitempty"`
	Metric    Metric `json:"metric"`

	Ratio      float64 `json:"ratio"`             // Hodges–Lehmann centre of the rounds' ratios, on the scale of logarithms
	Low        float64 `json:"low"`               // the interval around it, see [CompareOptions]
	High       float64 `json:"high"`              //
	Confidence float64 `json:"confidence"`        // of the interval; 0 where the rounds are too few for any, which then is the rounds' range
	PValue     float64 `json:"p_value"`           // Wilcoxon signed-rank, exact; after Holm over the metrics of the series
	Margin     float64 `json:"margin"`            // what is no change worth speaking of: 0.02 is from 1/1.02 to 1.02
	Detectable float64 `json:"detectable_change"` // the smallest change that would have been seen 9 times out of 10; 0 where it is not known
	Rounds     int     `json:"rounds"`            // that have a ratio

	Control  *Control `json:"control,omitempty"` // nil without a control
	Verdict  Verdict  `json:"verdict"`
	Warnings []string `json:"warnings,omitempty"`
}

// Control is the ratio of A to itself in the same series.
type Control struct {
	Ratio  float64 `json:"ratio"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	PValue float64 `json:"p_value"`
}

// Kind implements [Record].
func (Comparison) Kind() Kind { return KindComparison }

func (c Comparison) line() any {
	return struct {
		header
		Comparison
	}{header{Schema, KindComparison}, c}
}

// CompareOptions says how sure a verdict is to be.
type CompareOptions struct {
	// Confidence of the intervals, DefaultConfidence if 0; 1 less it is how often a verdict other than same or inconclusive may be wrong where
	// nothing changed, over all metrics of a series.
	//
	// An interval is the hull of two: the exact one that belongs to the signed-rank test, and a seeded bootstrap of the centre.
	Confidence float64
	// Margins of metrics, where they are not those of [DefaultMargin].
	Margins map[Metric]float64
	// Seed of the bootstrap.
	Seed uint64
}

func (o CompareOptions) confidence() float64 { return cmp.Or(o.Confidence, DefaultConfidence) }

func (o CompareOptions) margin(f comparedFigure) float64 {
	return cmp.Or(o.Margins[f.metric], f.margin)
}

// Compare takes the trials of two arms together: for each series a [Comparison] per metric in which at least one round has a ratio. A round
// has none where an arm is missing or one of its trials failed or was interrupted, nor in a metric that a trial lacks or that is not above
// zero. Where a trial failed, no verdict is better than inconclusive. Trials without an arm are left out.
func Compare(trials []Trial, o CompareOptions) ([]Comparison, error) {
	var comparisons []Comparison
	for _, series := range seriesOf(trials) {
		c, err := compareSeries(series, o)
		if err != nil {
			return nil, fmt.Errorf("compare arms: %w", err)
		}
		comparisons = append(comparisons, c...)
	}
	return comparisons, nil
}

// seriesOf groups the trials that belong to an arm.
func seriesOf(trials []Trial) [][]Trial {
	var order []int
	grouped := map[int][]Trial{}
	for _, t := range trials {
		if t.Arm == "" || t.Phase != PhasePlain {
			continue
		}
		if _, known := grouped[t.Series]; !known {
			order = append(order, t.Series)
		}
		grouped[t.Series] = append(grouped[t.Series], t)
	}
	all := make([][]Trial, 0, len(order))
	for _, number := range order {
		all = append(all, grouped[number])
	}
	return all
}

func compareSeries(trials []Trial, o CompareOptions) ([]Comparison, error) {
	rounds := wholeRounds(trials)
	if len(rounds) == 0 {
		return nil, nil
	}
	a, b := rounds[0].a[0], rounds[0].b[0]
	var comparisons []Comparison
	for _, f := range pairedFigures() {
		logs, control := ratiosOf(rounds, f.metric)
		if len(logs) == 0 || !f.appliesTo(a.Scenario) {
			continue
		}
		c := Comparison{
			Series: a.Series, ScenarioA: a.Scenario, ScenarioB: b.Scenario, ProgramA: programOf(a), ProgramB: programOf(b),
			Metric: f.metric, Margin: o.margin(f), Rounds: len(logs),
		}
		if err := c.estimate(logs, control, o); err != nil {
			return nil, fmt.Errorf("%s: %w", f.metric, err)
		}
		comparisons = append(comparisons, c)
	}
	judge(comparisons, trials, o)
	return comparisons, nil
}

// programOf is what forwarded in a trial.
func programOf(t Trial) string {
	if t.DUT == nil {
		return ""
	}
	return t.DUT.Program
}

// ratiosOf is the logarithms of B to A and, where there is a control, of A to itself, round by round.
func ratiosOf(rounds []round, m Metric) (logs, control []float64) {
	for _, r := range rounds {
		a, b := meanOf(slices.Concat(r.a, r.control), m), meanOf(r.b, m)
		if a <= 0 || b <= 0 {
			continue
		}
		logs = append(logs, math.Log(b/a))
		if first, second := meanOf(r.a, m), meanOf(r.control, m); first > 0 && second > 0 {
			control = append(control, math.Log(second/first))
		}
	}
	return logs, control
}

// estimate fills in everything but the verdict, and the p-value before it is corrected for other metrics.
func (c *Comparison) estimate(logs, control []float64, o CompareOptions) error {
	e, err := estimateOf(logs, o)
	if err != nil {
		return err
	}
	c.Ratio, c.Low, c.High = e.ratios()
	c.Confidence, c.PValue = e.interval.Confidence, e.p
	if shift, err := stat.Detectable(logs, o.confidence(), detectablePower); err == nil {
		c.Detectable = math.Expm1(shift)
	}
	c.Warnings = seriesWarnings(logs, e)
	if len(control) == 0 {
		return nil
	}
	if e, err = estimateOf(control, o); err != nil {
		return err
	}
	c.Control = &Control{PValue: e.p}
	c.Control.Ratio, c.Control.Low, c.Control.High = e.ratios()
	return nil
}

// detectablePower is how often a change of the size of Detectable would have been seen.
const detectablePower = 0.9

// round is the trials of both arms in one round.
type round struct{ a, b, control []Trial }

// wholeRounds is the rounds that all arms came through, in their order.
func wholeRounds(trials []Trial) []round {
	var order []int
	byNumber := map[int]*round{}
	broken := map[int]bool{}
	for _, t := range trials {
		r := byNumber[t.Round]
		if r == nil {
			r = &round{}
			byNumber[t.Round], order = r, append(order, t.Round)
		}
		switch t.Arm {
		case ArmA:
			r.a = append(r.a, t)
		case ArmB:
			r.b = append(r.b, t)
		case ArmControl:
			r.control = append(r.control, t)
		}
		broken[t.Round] = broken[t.Round] || !t.usable()
	}
	var whole []round
	for _, number := range order {
		if r := byNumber[number]; !broken[number] && len(r.a) > 0 && len(r.b) > 0 {
			whole = append(whole, *r)
		}
	}
	return whole
}

// meanOf is an arm's figure in one round, 0 where a trial lacks it.
func meanOf(trials []Trial, m Metric) float64 {
	values := make([]float64, len(trials))
	for i, t := range trials {
		value, ok := Metrics(t)[m]
		if !ok {
			return 0
		}
		values[i] = value
	}
	mean, err := stats.Mean(values)
	if err != nil {
		return 0 // no trials
	}
	return mean
}
