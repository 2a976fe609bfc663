package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// near says whether two figures agree to nine digits.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

// contains says whether x lies in the interval.
func (i Interval) contains(x float64) bool { return i.Low <= x && x <= i.High }

// distribution is one that test series are drawn from, with its pseudomedian: the median of the mean of two values.
type distribution struct {
	name   string
	draw   func(*rand.Rand) float64
	center float64
}

// symmetric is distributions as differences of paired rounds have them: those of two like arms are symmetric however skewed the arms are.
var symmetric = []distribution{
	{"normal", (*rand.Rand).NormFloat64, 0},
	{"Laplace", func(r *rand.Rand) float64 { return r.ExpFloat64() - r.ExpFloat64() }, 0},
	{"skewed arms", func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) - math.Exp(r.NormFloat64()) }, 0},
	{"heavy ties", func(r *rand.Rand) float64 { return math.Round(r.NormFloat64()) }, 0},
}

// skewed is for what takes no symmetry for granted.
var skewed = []distribution{
	// The mean of two has half a gamma distribution of shape 2, whose median solves (1+m)·exp(-m) = 1/2.
	{"exponential", (*rand.Rand).ExpFloat64, 1.6783469900166605 / 2},
	// The mean of two has half a χ² distribution of two degrees of freedom.
	{"χ² of one degree", func(r *rand.Rand) float64 { return math.Pow(r.NormFloat64(), 2) }, math.Ln2},
}

// series draws n values and moves them so that their pseudomedian is at shift.
func (d distribution) series(r *rand.Rand, n int, shift float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = d.draw(r) - d.center + shift
	}
	return x
}

// atMost fails if an event was too frequent to have a probability of at most rate: by four standard deviations, 3 in 100000.
func atMost(t *testing.T, what string, hits, trials int, rate float64) {
	t.Helper()
	n := float64(trials)
	if bound := n*rate + 4*math.Sqrt(n*rate*(1-rate)); float64(hits) > bound {
		t.Errorf("%s: %d of %d, more than %.0f that %v would explain", what, hits, trials, bound, rate)
	}
}
