package search

import (
	"math"
	"testing"
	"time"
)

// TestRelevantBounds: one trial decides each load; L is without loss, U with.
func TestRelevantBounds(t *testing.T) {
	g := Goal{FinalDuration: time.Second, DurationSum: time.Second}
	none := math.Inf(1)
	for _, tc := range []struct {
		name   string
		losses map[float64]float64
		want   bounds
	}{
		{"nothing measured", nil, bounds{0, none}},
		{"only lower bounds", map[float64]float64{100: 0, 200: 0}, bounds{200, none}},
		{"only upper bounds", map[float64]float64{100: 1, 200: 1}, bounds{0, 100}},
		{"the nearest pair", map[float64]float64{100: 0, 200: 0, 300: 0.1, 400: 0.5}, bounds{200, 300}},
		{"loss inverted: a lower bound above an upper one is a fluke", map[float64]float64{100: 0, 200: 0.1, 300: 0, 400: 0.5}, bounds{100, 200}},
		{"loss inverted at the smallest load", map[float64]float64{100: 0.1, 200: 0, 300: 0.5}, bounds{0, 100}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			j := newJournal()
			for load, loss := range tc.losses {
				j.add(Trial{Load: load, Duration: time.Second, Effective: time.Second, LossRatio: loss})
			}
			if got := j.bounds(g); got != tc.want {
				t.Errorf("bounds %v, want %v", got, tc.want)
			}
		})
	}
}
