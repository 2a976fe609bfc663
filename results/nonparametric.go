package results

import (
	"cmp"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// What comparisons of unpaired samples promise, the same as benchstat's.
const (
	confidence   = 0.95 // of the interval of a median
	significance = 0.05 // below which p makes a difference
)

// minForInterval is the least number of values whose median has an interval: that of fewer is not within their range with 95 %.
const minForInterval = 6

// Median is the median of independent trials and its interval, from order statistics: no distribution is assumed.
type Median struct {
	N      int      `json:"n"` // trials
	Median float64  `json:"median"`
	Low    *float64 `json:"low,omitempty"`  // of the 95 % interval; absent for fewer than 6 trials
	High   *float64 `json:"high,omitempty"` // likewise
}

// medianOf describes at least one value.
func medianOf(values []float64) Median {
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds), confidence)
	m := Median{N: len(values), Median: s.Center}
	if !math.IsInf(s.Lo, 0) && !math.IsInf(s.Hi, 0) {
		m.Low, m.High = &s.Lo, &s.Hi
	}
	return m
}

// mannWhitney is the two-sided p value of the U test that two samples, neither empty, come from one distribution: exact for small ones. It
// is 1 where all values are equal.
func mannWhitney(a, b []float64) float64 {
	sample := func(values []float64) *benchmath.Sample {
		return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	}
	// Twice the smaller tail is above 1 where ties make the distribution lopsided.
	return min(benchmath.AssumeNothing.Compare(sample(a), sample(b)).P, 1)
}

// leastP is the smallest p value that the U test can give for samples of two sizes: both orders without any overlap, of all that there are.
func leastP(n1, n2 int) float64 {
	orders := 1.0
	for i := 1; i <= n1; i++ {
		orders *= float64(n2+i) / float64(i)
	}
	return min(2/orders, 1)
}

// trialsFor is the number of trials a side from which the U test can show a difference though it is one of some number of tests.
func trialsFor(tests int) int {
	n := minForInterval
	for leastP(n, n)*float64(tests) >= significance {
		n++
	}
	return n
}

// holm adjusts p values for being looked at together: where all below 0.05 count, the chance of any false one is below 0.05 (Holm 1979, "A
// Simple Sequentially Rejective Multiple Test Procedure"). The order stays.
func holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	largest := 0.0
	for rank, i := range order {
		largest = max(largest, min(float64(len(p)-rank)*p[i], 1))
		adjusted[i] = largest
	}
	return adjusted
}
