package stat

import (
	"cmp"
	"slices"
)

// walshAverage is the mean of the values i ≤ j of a series.
type walshAverage struct {
	value float64
	i, j  int32
}

// walshAverages is all n(n+1)/2 means of two values, each value with itself included, in ascending order. They cost memory in the square of
// the number of values.
func walshAverages(x []float64) []walshAverage {
	averages := make([]walshAverage, 0, len(x)*(len(x)+1)/2)
	for j := range x {
		for i := range j + 1 {
			averages = append(averages, walshAverage{(x[i] + x[j]) / 2, int32(i), int32(j)})
		}
	}
	slices.SortFunc(averages, func(a, b walshAverage) int { return cmp.Compare(a.value, b.value) })
	return averages
}

// HodgesLehmann is the centre of a series: the median of its Walsh averages, in the unit of the values. It is nearly as efficient as the mean
// where values are normal and, like a median, hardly moved by a few wild ones. Its cost grows with the square of the number of values.
//
// Hodges and Lehmann (1963), Estimates of location based on rank tests.
func HodgesLehmann(x []float64) (float64, error) {
	if err := checkValues(x, 1); err != nil {
		return 0, err
	}
	return medianWalsh(walshAverages(x)), nil
}

// medianWalsh is the median of sorted Walsh averages.
func medianWalsh(averages []walshAverage) float64 {
	n := len(averages)
	return (averages[(n-1)/2].value + averages[n/2].value) / 2
}
