package stat

import (
	"math/rand/v2"
	"slices"
)

const (
	minForBimodal = 4
	// nullDips is how many uniform samples the dip is compared with.
	nullDips = 1999
)

// Bimodal is Hartigan's dip test: p is the probability of a dip as large as that of x in as many values of a uniform distribution, which of
// all unimodal ones is the hardest to tell from two modes. A small p says that the values have more than one mode. It comes from 1999
// samples, always the same ones, and is at least 1/2000.
//
// Values that were rounded until many are equal have a mode at each of them, and it says so. It takes a few dozen values to see two modes that
// overlap.
//
// Hartigan and Hartigan (1985), The dip test of unimodality.
func Bimodal(x []float64) (p float64, err error) {
	if err := checkValues(x, minForBimodal); err != nil {
		return 0, err
	}
	return dipChance(dip(slices.Sorted(slices.Values(x))), len(x)), nil
}

// dipChance is the probability that n uniform values have at least that dip.
func dipChance(observed float64, n int) float64 {
	random := rand.New(rand.NewPCG(1, 2))
	atLeastAsLarge := 0
	for range nullDips {
		if atLeast(dip(uniformOrder(random, n)), observed) {
			atLeastAsLarge++
		}
	}
	return float64(atLeastAsLarge+1) / (nullDips + 1)
}

// uniformOrder is n uniform values in ascending order, but for where they begin and end: the distances between them are exponential.
func uniformOrder(random *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := 1; i < n; i++ {
		values[i] = values[i-1] + random.ExpFloat64()
	}
	return values
}
