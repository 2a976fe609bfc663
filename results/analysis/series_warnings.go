package analysis

import (
	"slices"

	"tunbench/results"
	"tunbench/results/stat"
)

// enoughRounds is from how many rounds on the tests for drift and the like have something to say.
const enoughRounds = 10

// oddChance is the p-value below which the rounds of a series are called odd.
const oddChance = 0.01

// RoundsTooFew says that a series has too few rounds for an interval.
type RoundsTooFew struct{ Rounds int }

// RatioDrifted says that the ratio changed steadily during the series.
type RatioDrifted struct{ RankCorrelation float64 } // with time, see [stat.RankTrend]

// RoundsAlike says that neighbouring rounds resemble each other, so that the interval is too narrow.
type RoundsAlike struct{ Autocorrelation float64 } // see [stat.Autocorrelation]

// RatiosTwofold says that the ratios of the rounds have more than one peak.
type RatiosTwofold struct{}

// RoundsFarOff counts rounds far off the others; they are kept.
type RoundsFarOff struct{ Rounds int }

// RoundsNothing names rounds, counted from 0, in which a trial of B brought nothing through and every trial of A did.
type RoundsNothing struct{ Rounds []int }

// RoundsWithoutRatio names rounds, counted from 0, without a ratio, and what each arm had instead of a figure above zero.
type RoundsWithoutRatio struct {
	Rounds []int
	A, B   Standing
}

// ControlMoved says that arm A differed from the control, which is the same setting, by this ratio.
type ControlMoved struct{ Ratio float64 }

// RoundsTooFewToShow says that a series is too short to show a change in one of so many metrics, and how many rounds it needs.
type RoundsTooFewToShow struct{ Rounds, Metrics, Needed int }

// SeriesFailed says that a series ended because trials failed.
type SeriesFailed struct{ Trials int }

// RoundsIncomplete says how many rounds of a series have a good trial of every arm.
type RoundsIncomplete struct{ Whole, All int }

// OfArm gathers the warnings about the trials of one arm.
type OfArm struct {
	Arm      string
	Warnings []Warning
}

// roundWarnings is what is odd about the rounds of one metric: of so many, the logarithms of those ratios that are not 0.
func roundWarnings(rounds int, logs []float64, e estimate) []Warning {
	var warnings []Warning
	if e.interval.Confidence == 0 {
		warnings = append(warnings, RoundsTooFew{rounds})
	}
	if len(logs) < enoughRounds {
		return warnings
	}
	if rho, p, err := stat.RankTrend(logs); err == nil && p < oddChance {
		warnings = append(warnings, RatioDrifted{rho})
	}
	if r, p, err := stat.Autocorrelation(logs); err == nil && p < oddChance {
		warnings = append(warnings, RoundsAlike{r})
	}
	if p, err := stat.Bimodal(logs); err == nil && p < oddChance {
		warnings = append(warnings, RatiosTwofold{})
	}
	if _, extreme, err := stat.Outliers(logs); err == nil && len(extreme) > 0 {
		warnings = append(warnings, RoundsFarOff{len(extreme)})
	}
	return warnings
}

// SeriesWarnings is what is odd about the trials of one series: which rounds do not count, and what is odd about each arm.
func SeriesWarnings(trials []results.Trial) []Warning {
	var warnings []Warning
	for _, arm := range []string{results.ArmA, results.ArmB, results.ArmControl} {
		of := slices.DeleteFunc(slices.Clone(trials), func(t results.Trial) bool { return t.Arm != arm })
		if odd := TrialWarnings(of); len(odd) > 0 {
			warnings = append(warnings, OfArm{arm, odd})
		}
	}
	if failed := failures(trials); failed > 0 {
		warnings = append(warnings, SeriesFailed{failed})
	}
	if all, whole := roundsOf(trials), len(wholeRounds(trials)); whole < all {
		warnings = append(warnings, RoundsIncomplete{whole, all})
	}
	return warnings
}

// roundsOf is how many rounds the trials are of.
func roundsOf(trials []results.Trial) int {
	seen := map[int]bool{}
	for _, t := range trials {
		seen[t.Round] = true
	}
	return len(seen)
}
