package stat

import (
	"slices"

	"golang.org/x/perf/benchmath"
)

// MannWhitney is the two-sided Mann–Whitney U test of two samples that are not paired: the probability of ranks as far apart as theirs if both
// came from one distribution. It is benchstat's: exact up to 50 values each (25 with ties), beyond that the normal approximation with the
// corrections for ties and continuity. Samples all of whose values are equal give 1. Short samples of different size that have ties are only
// roughly served, and by their order: the distribution is asymmetric then, and benchstat doubles one tail of it.
//
// Mann and Whitney (1947), On a test of whether one of two random variables is stochastically larger than the other.
func MannWhitney(a, b []float64) (p float64, err error) {
	for _, x := range [][]float64{a, b} {
		if err := checkValues(x, 1); err != nil {
			return 0, err
		}
	}
	// The doubled tail of an asymmetric distribution can be more than 1.
	return min(max(benchmath.AssumeNothing.Compare(benchSample(a), benchSample(b)).P, 0), 1), nil
}

// benchSample is a sample of its own, for benchmath sorts what it is given.
func benchSample(x []float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(x), &benchmath.DefaultThresholds)
}
