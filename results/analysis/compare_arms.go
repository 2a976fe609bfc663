package analysis

import (
	"cmp"
	"fmt"
	"math"

	"tunbench/results"
	"tunbench/results/stat"
)

// DefaultConfidence is the confidence of intervals in a comparison.
const DefaultConfidence = 0.95

// CompareOptions says how sure a verdict is to be.
type CompareOptions struct {
	// Confidence of the intervals; 0 is DefaultConfidence. Where nothing changed, a series says better or worse of any of its metrics
	// in at most a share of 1-Confidence of all cases.
	//
	// An interval is the hull of two: the exact one that belongs to the signed-rank test, and a seeded bootstrap of the centre.
	Confidence float64
	// Margins of metrics, where they are not those of [DefaultMargin].
	Margins map[results.Metric]float64
	// Seed of the bootstrap.
	Seed uint64

	plain bool // only figures and verdicts are wanted: nothing looks for what is odd about the rounds
}

func (o CompareOptions) confidence() float64 { return cmp.Or(o.Confidence, DefaultConfidence) }

func (o CompareOptions) margin(f comparedFigure) float64 {
	return cmp.Or(o.Margins[f.metric], f.margin)
}

// ArmComparison is a comparison of two arms, and what is odd about the rounds that it is made of. The Warnings of the record are empty: package
// report fills them with Odd in words.
type ArmComparison struct {
	results.Comparison
	Odd []Warning
}

// Compare compares arm B with arm A, round by round: for each series an [ArmComparison] in every metric that an arm has in some round. The table of
// outcomes (outcome.go) decides about rounds in which an arm has no figure above zero: B is worse where it brought nothing through and A did;
// every other round without a ratio is named, and the verdict is then worse or inconclusive. A trial that failed makes every verdict
// inconclusive but that of nothing brought through. Interrupted rounds and trials without an arm are left out.
func Compare(trials []results.Trial, o CompareOptions) ([]ArmComparison, error) {
	var comparisons []ArmComparison
	for _, series := range SeriesOf(trials) {
		c, err := compareSeries(series, o)
		if err != nil {
			return nil, fmt.Errorf("compare arms: %w", err)
		}
		comparisons = append(comparisons, c...)
	}
	return comparisons, nil
}

// SeriesOf groups the trials of arms by the series that they belong to, in the order of the file.
func SeriesOf(trials []results.Trial) [][]results.Trial {
	var order []int
	grouped := map[int][]results.Trial{}
	for _, t := range trials {
		if t.Arm == "" || t.Phase != results.PhasePlain {
			continue
		}
		if _, known := grouped[t.Series]; !known {
			order = append(order, t.Series)
		}
		grouped[t.Series] = append(grouped[t.Series], t)
	}
	all := make([][]results.Trial, 0, len(order))
	for _, number := range order {
		all = append(all, grouped[number])
	}
	return all
}

func compareSeries(trials []results.Trial, o CompareOptions) ([]ArmComparison, error) {
	rounds := roundsIn(trials)
	if len(rounds) == 0 {
		return nil, nil
	}
	a, b := rounds[0].a[0], rounds[0].b[0]
	var comparisons []ArmComparison
	var tallies []tally
	for _, f := range armFigures() {
		t := tallyOf(rounds, f.metric)
		if !t.applies || !f.appliesTo(a.Scenario) || !f.appliesTo(b.Scenario) {
			continue
		}
		c := ArmComparison{Comparison: results.Comparison{
			Series: a.Series, ScenarioA: a.Scenario, ScenarioB: b.Scenario, ProgramA: programOf(a), ProgramB: programOf(b),
			Metric: f.metric, Margin: o.margin(f), Rounds: len(t.logs), NothingRounds: len(t.nothing), UnmeasuredRounds: len(t.unmeasured),
		}}
		if err := c.estimate(t, o); err != nil {
			return nil, fmt.Errorf("%s: %w", f.metric, err)
		}
		comparisons, tallies = append(comparisons, c), append(tallies, t)
	}
	judge(comparisons, tallies, trials, o)
	return comparisons, nil
}

// programOf is what forwarded in a trial.
func programOf(t results.Trial) string {
	if t.DUT == nil {
		return ""
	}
	return t.DUT.Program
}

// estimate fills in everything but the verdict, and the p-value before it is corrected for other metrics.
func (c *ArmComparison) estimate(t tally, o CompareOptions) error {
	c.Odd = t.warnings()
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
	if !o.plain {
		c.Odd = append(c.Odd, roundWarnings(c.Rounds, t.ratios, e)...)
	}
	if len(t.control) == 0 {
		return nil
	}
	if e, err = estimateOf(t.control, o); err != nil {
		return err
	}
	c.Control = &results.Control{PValue: e.p}
	c.Control.Ratio, c.Control.Low, c.Control.High = e.ratios()
	return nil
}

// detectablePower is how often a change of the size of Detectable would have been seen.
const detectablePower = 0.9
