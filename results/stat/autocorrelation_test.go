package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAutocorrelation(t *testing.T) {
	tests := []struct {
		name string
		x    []float64
		want float64
	}{
		{"constant", []float64{2, 2, 2, 2}, 0},
		// Deviations -2 -1 0 1 2: products 2+0+0+2 of squares 10.
		{"a line", []float64{1, 2, 3, 4, 5}, 0.4},
		// Deviations 1 -1 1 -1: -3 of 4.
		{"to and fro", []float64{5, 3, 5, 3}, -0.75},
		// Deviations -1 -1 -1 3: 1+1-3 of 12.
		{"one at the end", []float64{0, 0, 0, 4}, -1.0 / 12},
	}
	for _, test := range tests {
		if r, _, err := Autocorrelation(test.x); err != nil || !near(r, test.want) {
			t.Errorf("%s: %v, %v; want %v", test.name, r, err, test.want)
		}
	}
}

// TestAutocorrelationByEnumeration: the shuffles find the share of all orders.
func TestAutocorrelationByEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 11))
	for range 20 {
		x := skewed[0].series(random, 6, 0)
		_, p, err := Autocorrelation(x)
		if err != nil {
			t.Fatal(err)
		}
		want := autocorrelationByEnumeration(x)
		if bound := 4 * math.Sqrt(want*(1-want)/shuffles); math.Abs(p-want) > bound+1.0/shuffles {
			t.Errorf("%v: p = %v, want %v", x, p, want)
		}
	}
}

func autocorrelationByEnumeration(x []float64) float64 {
	x = slices.Clone(x)
	mean, squares := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for i := range x {
		x[i] -= mean
		squares += x[i] * x[i]
	}
	// Products of neighbours have the mean -squares/n.
	distance := func() float64 {
		d := squares / float64(len(x))
		for i := 1; i < len(x); i++ {
			d += x[i-1] * x[i]
		}
		return math.Abs(d)
	}
	observed, far, all := distance(), 0, 0
	var permute func(i int)
	permute = func(i int) {
		if i == len(x) {
			all++
			if atLeast(distance(), observed) {
				far++
			}
			return
		}
		for j := i; j < len(x); j++ {
			x[i], x[j] = x[j], x[i]
			permute(i + 1)
			x[i], x[j] = x[j], x[i]
		}
	}
	permute(0)
	return float64(far) / float64(all)
}

// TestAutocorrelationIsSeen: what wanders is told from what does not.
func TestAutocorrelationIsSeen(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 12))
	x := make([]float64, 40)
	for i := 1; i < len(x); i++ {
		x[i] = 0.8*x[i-1] + random.NormFloat64()
	}
	if r, p, err := Autocorrelation(x); err != nil || r < 0.4 || p > 0.005 {
		t.Errorf("r = %v, p = %v, %v", r, p, err)
	}
}
