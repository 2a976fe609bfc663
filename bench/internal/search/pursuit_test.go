package search

import (
	"math"
	"testing"
	"time"
)

// TestGuess: from the rate forwarded at the maximum load to the interval to look in
// first, two widths of the first stage below the load that would lose what is allowed.
func TestGuess(t *testing.T) {
	c := Config{MinLoad: 1000, MaxLoad: 1e6}
	g := Goal{LossRatio: 0.2, InitialDuration: time.Second, FinalDuration: time.Second, DurationSum: time.Second, Width: 0.1}
	for _, tc := range []struct {
		name string
		rate float64
		want bounds
	}{
		{"in between", 400e3, bounds{405e3, 500e3}},
		{"all but the loss allowed arrives", 800e3, bounds{1e6, math.Inf(1)}},
		{"nothing arrives", 0, bounds{0, 1000}},
		{"less than the minimum arrives", 500, bounds{0, 1000}},
		{"little more than the minimum", 880, bounds{1000, 1100}},
	} {
		p := newPursuit(g)
		p.guess(&c, tc.rate)
		if math.Abs(p.believed.lower-tc.want.lower) > 1e-6 || p.believed.upper != tc.want.upper {
			t.Errorf("%s: %v, want %v", tc.name, p.believed, tc.want)
		}
	}
}
