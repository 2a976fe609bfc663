package stat

import (
	"math"
	"testing"
)

func TestHolm(t *testing.T) {
	tests := []struct {
		name    string
		p, want []float64
	}{
		{"none", nil, nil},
		{"one is not adjusted", []float64{0.03}, []float64{0.03}},
		// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
		{"as R has it", []float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{"at most 1", []float64{0.6, 0.9, 0.5}, []float64{1, 1, 1}},
		{"equal ones", []float64{0.02, 0.02}, []float64{0.04, 0.04}},
		{"no probabilities", []float64{math.NaN(), 0.01, -1, math.Inf(1)}, []float64{1, 0.04, 1, 1}},
	}
	for _, test := range tests {
		got := Holm(test.p)
		if len(got) != len(test.want) {
			t.Fatalf("%s: %v", test.name, got)
		}
		for i := range got {
			if !near(got[i], test.want[i]) {
				t.Errorf("%s: %v, want %v", test.name, got, test.want)
			}
		}
	}
}
