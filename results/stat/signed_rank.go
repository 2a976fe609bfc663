package stat

import (
	"fmt"
	"math"

	"github.com/montanaflynn/stats"
)

// SignedRank is Wilcoxon's signed-rank test: the two-sided probability, if values lay symmetrically about zero, of a sum of signed ranks at
// least as far from its middle as that of x. Differences of paired measurements do lie so where the members of a pair are exchangeable,
// whatever their own distribution.
//
// The p-value is exact up to 500 values and comes from a normal approximation beyond. Equal magnitudes share the mean of their ranks, and the
// distribution is the one given these ranks. Zeros take their ranks, the lowest, and are then left out of the sum (Pratt 1959), so that a
// series of zeros and one of small values of mixed sign say the same; zeros alone give 1.
//
// Wilcoxon (1945), Individual comparisons by ranking methods.
func SignedRank(x []float64) (p float64, err error) {
	if err := checkValues(x, 1); err != nil {
		return 0, err
	}
	magnitudes := make([]float64, len(x))
	for i, v := range x {
		magnitudes[i] = math.Abs(v)
	}
	ranks, err := stats.Rank(magnitudes)
	if err != nil {
		return 0, fmt.Errorf("rank magnitudes: %w", err)
	}
	var null signedRanks
	positive := 0
	for i, v := range x {
		if v == 0 {
			continue
		}
		doubled := int(2 * ranks[i])
		null.doubled = append(null.doubled, doubled)
		null.total += doubled
		if v > 0 {
			positive += doubled
		}
	}
	smaller := min(positive, null.total-positive)
	return min(1, 2*null.lowerTail(smaller)(smaller)), nil
}
