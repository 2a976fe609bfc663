package results

import (
	"cmp"
	"fmt"
	"math"

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
	Rounds     int     `json:"rounds"`            // that have a ratio; 0: then ratio, low and high are absent

	NothingRounds    int `json:"nothing_rounds,omitzero"`    // among them, those in which B brought nothing through in a trial and A something in all: their ratio may be 0
	UnmeasuredRounds int `json:"unmeasured_rounds,omitzero"` // besides them, those without a ratio: a figure is absent, or that of A is 0

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
	if c.Rounds == 0 {
		return c.withoutRatio()
	}
	return struct {
		header
		Comparison
	}{header{Schema, KindComparison}, c}
}

// withoutRatio is the line of a comparison whose rounds gave no ratio, which has none rather than 0.
func (c Comparison) withoutRatio() any {
	return struct {
		header
		Comparison
		Ratio *float64 `json:"ratio,omitempty"`
		Low   *float64 `json:"low,omitempty"`
		High  *float64 `json:"high,omitempty"`
	}{header: header{Schema, KindComparison}, Comparison: c}
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

// Compare takes the trials of two arms together: for each series a [Comparison] per metric that an arm has in some round. What a round is
// worth in which an arm has no figure above zero stands in one table, with the type outcomes: B is worse where it brought nothing through and A
// did; any other round without a ratio is named, and no verdict is then better than inconclusive, nor is it where a trial failed. Rounds that
// were interrupted and trials without an arm are left out.
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
	rounds := roundsIn(trials)
	if len(rounds) == 0 {
		return nil, nil
	}
	a, b := rounds[0].a[0], rounds[0].b[0]
	var comparisons []Comparison
	var tallies []tally
	for _, f := range pairedFigures() {
		t := tallyOf(rounds, f.metric)
		if !t.applies || !f.appliesTo(a.Scenario) || !f.appliesTo(b.Scenario) {
			continue
		}
		c := Comparison{
			Series: a.Series, ScenarioA: a.Scenario, ScenarioB: b.Scenario, ProgramA: programOf(a), ProgramB: programOf(b),
			Metric: f.metric, Margin: o.margin(f), Rounds: len(t.logs), NothingRounds: len(t.nothing), UnmeasuredRounds: len(t.unmeasured),
		}
		if err := c.estimate(t, o); err != nil {
			return nil, fmt.Errorf("%s: %w", f.metric, err)
		}
		comparisons, tallies = append(comparisons, c), append(tallies, t)
	}
	judge(comparisons, tallies, trials, o)
	return comparisons, nil
}

// programOf is what forwarded in a trial.
func programOf(t Trial) string {
	if t.DUT == nil {
		return ""
	}
	return t.DUT.Program
}

// estimate fills in everything but the verdict, and the p-value before it is corrected for other metrics.
func (c *Comparison) estimate(t tally, o CompareOptions) error {
	c.Warnings = t.warnings()
	if len(t.logs) == 0 {
		c.PValue = 1
		return nil
	}
	e, err := estimateOf(t.logs, o)
	if err != nil {
		return err
	}
	c.Ratio, c.Low, c.High = e.ratios()
	c.Confidence, c.PValue = e.interval.Confidence, e.p
	if shift, err := stat.Detectable(t.logs, o.confidence(), detectablePower); err == nil && len(t.nothing) == 0 {
		c.Detectable = math.Expm1(shift)
	}
	c.Warnings = append(c.Warnings, seriesWarnings(c.Rounds, t.ratios, e)...)
	if len(t.control) == 0 {
		return nil
	}
	if e, err = estimateOf(t.control, o); err != nil {
		return err
	}
	c.Control = &Control{PValue: e.p}
	c.Control.Ratio, c.Control.Low, c.Control.High = e.ratios()
	return nil
}

// detectablePower is how often a change of the size of Detectable would have been seen.
const detectablePower = 0.9
