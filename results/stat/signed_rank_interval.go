package stat

import "sort"

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
