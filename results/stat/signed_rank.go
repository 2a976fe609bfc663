package stat

import (
	"fmt"
	"math"
	"sort"

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

// SignedRankInterval is the interval of those centres that the signed-rank test does not reject, for values that lie symmetrically about
// their centre: from the k-th smallest to the k-th largest Walsh average, about the Hodges–Lehmann centre. Its confidence is exact up to 500
// values, and ties only raise it. 1-2^(1-n) is the most that n values can give: 95 % takes six, 99 % eight.
//
// Hollander, Wolfe and Chicken (2014), Nonparametric Statistical Methods, section 3.3.
func SignedRankInterval(x []float64, confidence float64) (Interval, error) {
	if err := checkLevel(confidence); err != nil {
		return Interval{}, err
	}
	if err := checkValues(x, valuesFor(confidence)); err != nil {
		return Interval{}, err
	}
	averages := walshAverages(x)
	k, reached := signedRankOrder(len(x), confidence)
	return Interval{
		Center:     medianWalsh(averages),
		Low:        averages[k-1].value,
		High:       averages[len(averages)-k].value,
		Confidence: reached,
	}, nil
}

// valuesFor is the least number of values whose range is an interval of that confidence: the centre of a symmetric distribution lies outside
// only if all values are on one side of it.
func valuesFor(confidence float64) int {
	n := 2
	for outside := 0.5; outside > 1-confidence; outside /= 2 {
		n++
	}
	return n
}

// signedRankOrder is the order k of the Walsh averages, counted from either end, that bound the narrowest interval of a confidence, and the
// confidence it reaches. The number of values must be at least [valuesFor] it.
func signedRankOrder(n int, confidence float64) (k int, reached float64) {
	null := untiedSignedRanks(n)
	tail := null.lowerTail(null.total / 2)
	outside := func(k int) float64 { return 2 * tail(2*(k-1)) }
	k = sort.Search(null.total/4, func(k int) bool { return outside(k+1) > 1-confidence })
	return k, 1 - outside(k)
}
