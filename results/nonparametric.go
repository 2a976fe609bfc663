package results

import (
	"github.com/montanaflynn/stats"

	"tunbench/results/stat"
)

// Significance is below which p makes a difference, the same as benchstat's.
const Significance = 0.05

// minForInterval is the least number of values whose median has an interval: that of fewer is not within their range with 95 %.
const minForInterval = 6

// medianOf describes at least one value.
func medianOf(values []float64) Median {
	center, _ := stats.Median(values) // there are values
	m := Median{N: len(values), Median: center}
	if i, err := stat.MedianInterval(values, DefaultConfidence); err == nil {
		m.Low, m.High = &i.Low, &i.High
	}
	return m
}

// chanceOf is the p value of the U test of two samples, neither empty; 1 where it has none to give.
func chanceOf(a, b []float64) float64 {
	p, err := stat.MannWhitney(a, b)
	if err != nil {
		return 1
	}
	return p
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
	for leastP(n, n)*float64(tests) >= Significance {
		n++
	}
	return n
}
