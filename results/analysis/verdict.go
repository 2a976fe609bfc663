package analysis

import (
	"math"
	"slices"

	"tunbench/results"
	"tunbench/results/stat"
)

// controlChance is the p-value below which the control is said to have moved: what made A differ from itself may have made B differ too.
const controlChance = 0.01

// judge corrects the p-values of a series for each other and comes to the verdicts. A metric without a ratio is no test, which would make a
// chance find likelier.
func judge(comparisons []ArmComparison, tallies []tally, trials []results.Trial, o CompareOptions) {
	var chances []float64
	for _, c := range comparisons {
		if c.Rounds > 0 {
			chances = append(chances, c.PValue)
		}
	}
	adjusted := stat.Holm(chances)
	needed := roundsToShow(len(adjusted), 1-o.confidence())
	for i := range comparisons {
		c := &comparisons[i]
		if c.Rounds > 0 {
			c.PValue, adjusted = adjusted[0], adjusted[1:]
		}
		c.Verdict = verdictOn(c.Comparison, 1-o.confidence())
		if controlMoved(c.Comparison) {
			c.Verdict = results.VerdictInconclusive
			c.Odd = append(c.Odd, ControlMoved{c.Control.Ratio})
		}
		if failures(trials) > 0 || c.UnmeasuredRounds > 0 && c.Verdict != results.VerdictWorse {
			c.Verdict = results.VerdictInconclusive
		}
		// No statistics are needed for this, and no noise explains it, unless it meets A too.
		if c.NothingRounds > 0 && !tallies[i].unsteady && failures(trials, results.ArmA, results.ArmControl) == 0 {
			c.Verdict = results.VerdictWorse
		}
		if c.Confidence > 0 && c.Rounds < needed {
			c.Odd = append(c.Odd, RoundsTooFewToShow{c.Rounds, len(chances), needed})
		}
	}
}

// roundsToShow is the least number of rounds whose signed-rank test can find a change in one of so many metrics: with n rounds that all agree
// its p-value is 2^(1-n), which Holm multiplies by their number.
func roundsToShow(metrics int, chance float64) (n int) {
	for n = 1; float64(metrics)*math.Exp2(float64(1-n)) >= chance; n++ {
	}
	return n
}

// failures counts the trials that ended in an error, of some arms or of all.
func failures(trials []results.Trial, arms ...string) (n int) {
	for _, t := range trials {
		if t.Failed() && !t.Interrupted && (len(arms) == 0 || slices.Contains(arms, t.Arm)) {
			n++
		}
	}
	return n
}

// verdictOn is what the interval and the corrected p-value show.
func verdictOn(c results.Comparison, chance float64) results.Verdict {
	limit := 1 + c.Margin
	switch {
	case c.Confidence == 0:
		return results.VerdictInconclusive
	case stat.Interval{Low: c.Low, High: c.High}.Within(1/limit, limit):
		return results.VerdictSame
	case c.PValue < chance && (c.Low > limit || c.High < 1/limit):
		if c.Metric.MoreIsBetter() == (c.Ratio > 1) {
			return results.VerdictBetter
		}
		return results.VerdictWorse
	}
	return results.VerdictInconclusive
}

// NotWorse says whether a comparison shows that B is not worse than A by more than the margin. That can be so where the verdict is
// inconclusive: the interval may reach from within the margin to better. It does not regard trials that failed.
func NotWorse(c results.Comparison) bool {
	limit := 1 + c.Margin
	switch {
	case c.Confidence == 0 || controlMoved(c) || c.NothingRounds > 0 || c.UnmeasuredRounds > 0:
		return false
	case c.Metric.MoreIsBetter():
		return c.Low >= 1/limit
	}
	return c.High <= limit
}

// controlMoved says whether A differed from itself by more than chance and margin explain.
func controlMoved(c results.Comparison) bool {
	k := c.Control
	return k != nil && k.PValue < controlChance && math.Abs(math.Log(k.Ratio)) > math.Log1p(c.Margin)
}
