package stat

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/montanaflynn/stats"
)

const (
	minForAutocorrelation = 3
	shuffles              = 1999
)

// Autocorrelation is how much each value resembles the one before it: the correlation at lag 1, from -1 to 1, 0 for a constant series. p is
// the probability, if the order meant nothing, of one at least as far from its mean, which is -1/n. It comes from 1999 shuffles, the same for
// the same values, and is at least 1/2000; it holds whatever the values' distribution.
//
// Wald and Wolfowitz (1943), An exact test for randomness in the non-parametric case based on serial correlation.
func Autocorrelation(x []float64) (r, p float64, err error) {
	if err := checkValues(x, minForAutocorrelation); err != nil {
		return 0, 0, err
	}
	if slices.Min(x) == slices.Max(x) {
		return 0, 1, nil
	}
	r, err = stats.AutoCorrelation(x, 1)
	if err != nil {
		return 0, 0, fmt.Errorf("correlate with the value before: %w", err)
	}
	random := rand.New(rand.NewPCG(fold(x), 0))
	shuffled := slices.Clone(x)
	far := 0
	for range shuffles {
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		s, err := stats.AutoCorrelation(shuffled, 1)
		if err != nil {
			return 0, 0, fmt.Errorf("correlate with the value before: %w", err)
		}
		if atLeast(math.Abs(s+1/float64(len(x))), math.Abs(r+1/float64(len(x)))) {
			far++
		}
	}
	return r, float64(far+1) / (shuffles + 1), nil
}

// fold makes a seed of values, so that no one set of shuffles errs in the same direction for all series.
func fold(x []float64) uint64 {
	hash := fnv.New64a()
	for _, v := range x {
		hash.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))) // never fails
	}
	return hash.Sum64()
}

// atLeast is ≥ between two figures that may be the same, computed in another order.
func atLeast(a, b float64) bool { return a >= b-1e-12 }
