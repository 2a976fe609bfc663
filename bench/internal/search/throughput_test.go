package search

import (
	"slices"
	"testing"
	"time"
)

// TestConditionalThroughput has hand-worked cases of RFC 9971, appendix B, at a million
// packets per second.
func TestConditionalThroughput(t *testing.T) {
	majority := Goal{LossRatio: 0.005, ExceedRatio: 0.5, FinalDuration: time.Second, DurationSum: 5 * time.Second}
	strict := Goal{FinalDuration: time.Second, DurationSum: 2 * time.Second}
	for _, tc := range []struct {
		name   string
		goal   Goal
		trials []Trial
		want   float64
	}{
		{"the third best of five", majority, slices.Concat(
			repeat(1, time.Second, 0.004), repeat(1, time.Second, 0.5), repeat(1, time.Second, 0.001),
			repeat(1, time.Second, 0.003), repeat(1, time.Second, 0.002)), 997e3},
		{
			"decided early: the worst of the good ones, whatever the rest would be", majority,
			slices.Concat(repeat(2, time.Second, 0), repeat(1, time.Second, 0.004)), 996e3,
		},
		{
			"more than the sum was measured", majority,
			slices.Concat(repeat(5, time.Second, 0), repeat(4, time.Second, 0.25)), 1e6,
		},
		{
			"short trials tell nothing", majority,
			slices.Concat(repeat(9, time.Millisecond, 0), repeat(3, time.Second, 0.002)), 998e3,
		},
		{
			"an exceed ratio of 0 takes the worst trial", strict,
			slices.Concat(repeat(1, time.Second, 0), repeat(1, time.Second, 0.125)), 875e3,
		},
		{"missing time counts as lost", strict, repeat(1, time.Second, 0), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := conditionalThroughput(tc.goal, 1e6, tc.trials); got != tc.want {
				t.Errorf("%v pps, want %v", got, tc.want)
			}
		})
	}
}
