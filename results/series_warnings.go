package results

import (
	"fmt"

	"tunbench/results/stat"
)

// enoughRounds is from how many rounds on the tests for drift and the like have something to say.
const enoughRounds = 10

// oddChance is the p-value below which the rounds of a series are called odd.
const oddChance = 0.01

// seriesWarnings says in words what is odd about the rounds of one metric: of so many, the logarithms of those ratios that are not 0.
func seriesWarnings(rounds int, logs []float64, e estimate) []string {
	var warnings []string
	if e.interval.Confidence == 0 {
		warnings = append(warnings, countAre(rounds, "round")+" too few for an interval")
	}
	if len(logs) < enoughRounds {
		return warnings
	}
	if rho, p, err := stat.RankTrend(logs); err == nil && p < oddChance {
		warnings = append(warnings, fmt.Sprintf("the ratio drifted during the series (rank correlation with time %.2f)", rho))
	}
	if r, p, err := stat.Autocorrelation(logs); err == nil && p < oddChance {
		warnings = append(warnings, fmt.Sprintf("neighbouring rounds resemble each other (autocorrelation %.2f): the interval is too narrow", r))
	}
	if p, err := stat.Bimodal(logs); err == nil && p < oddChance {
		warnings = append(warnings, "the rounds' ratios have more than one peak: something switches between two states")
	}
	if _, extreme, err := stat.Outliers(logs); err == nil && len(extreme) > 0 {
		warnings = append(warnings, fmt.Sprintf("%s far off the others, kept", Count(len(extreme), "round")))
	}
	return warnings
}
