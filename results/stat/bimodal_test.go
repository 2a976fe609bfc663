package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestDipTable: the percentage points of the dip of uniform values, of the table that Maechler computed for the R package diptest from a
// million samples each, which refines that of Hartigan and Hartigan (1985).
func TestDipTable(t *testing.T) {
	tests := []struct {
		n      int
		points map[float64]float64 // dip by the probability of a larger one
	}{
		{6, map[float64]float64{0.5: 0.12307, 0.1: 0.15914, 0.05: 0.16477, 0.01: 0.19186}},
		{10, map[float64]float64{0.5: 0.09778, 0.1: 0.13046, 0.05: 0.13961, 0.01: 0.15968}},
		{20, map[float64]float64{0.5: 0.07334, 0.1: 0.09723, 0.05: 0.10513, 0.01: 0.12062}},
		{50, map[float64]float64{0.5: 0.04885, 0.1: 0.06491, 0.05: 0.07027, 0.01: 0.08120}},
		{100, map[float64]float64{0.5: 0.03546, 0.1: 0.04715, 0.05: 0.05113, 0.01: 0.05902}},
	}
	for _, test := range tests {
		for p, point := range test.points {
			got := dipChance(point, test.n)
			if bound := 4 * math.Sqrt(p*(1-p)/nullDips); math.Abs(got-p) > bound {
				t.Errorf("%d values, a dip of %v: p = %v, want %v", test.n, point, got, p)
			}
		}
	}
}

func TestBimodal(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 13))
	two := make([]float64, 40)
	for i := range two {
		two[i] = random.NormFloat64() + 6*float64(i%2)
	}
	tests := []struct {
		name      string
		x         []float64
		low, high float64 // of p
	}{
		// The paper has about 10 %.
		{"published", hartigan, 0.07, 0.15},
		{"one mode", symmetric[0].series(random, 40, 0), 0.2, 1},
		{"two modes", two, 0, 0.001},
		{"two figures", []float64{1, 5, 1, 5, 1, 5, 1, 5}, 0, 0.001},
		{"constant", []float64{1, 1, 1, 1}, 1, 1},
		{"evenly spaced", []float64{1, 2, 3, 4, 5, 6}, 0.9, 1},
	}
	for _, test := range tests {
		if p, err := Bimodal(test.x); err != nil || p < test.low || p > test.high {
			t.Errorf("%s: p = %v, %v; want %v to %v", test.name, p, err, test.low, test.high)
		}
	}
}
