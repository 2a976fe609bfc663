package stat

import "github.com/montanaflynn/stats"

// Detectable is the smallest shift of the centre that a series of this length and spread would have shown with that power: the shift at which
// [SignedRankInterval] of that confidence would leave out zero so often. It is
//
//	h·(1 + z(power)/z(c))
//
// where h is half the width of the series' own interval, c the confidence that the interval reaches, z(c) the normal quantile that leaves
// (1-c)/2 beyond, and z(power) that which leaves 1-power beyond. For h is z(c) standard errors of the centre, and to be seen with that power
// a shift must exceed h by z(power) more. It takes the spread from the series itself, normal or not, and is 0 for a constant one.
//
// Lehmann (1963), Nonparametric confidence intervals for a shift parameter, has the standard error from the width of the interval.
func Detectable(x []float64, confidence, power float64) (float64, error) {
	if err := checkLevel(power); err != nil {
		return 0, err
	}
	i, err := SignedRankInterval(x, confidence)
	if err != nil {
		return 0, err
	}
	beyond := -stats.NormPpf((1-i.Confidence)/2, 0, 1)
	return (i.High - i.Low) / 2 * max(0, 1+stats.NormPpf(power, 0, 1)/beyond), nil
}
