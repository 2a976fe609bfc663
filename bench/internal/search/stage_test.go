package search

import (
	"math"
	"testing"
	"time"
)

func TestStages(t *testing.T) {
	type stage struct {
		final, sum time.Duration
		width      float64
	}
	for _, tc := range []struct {
		name       string
		initial    time.Duration
		final, sum time.Duration
		width      float64
		want       []stage
	}{
		{
			name: "21 s in 1 s trials", initial: time.Second, final: time.Second, sum: 21 * time.Second, width: 0.005,
			want: []stage{
				{time.Second, time.Second, 0.02},
				{time.Second, 4582576 * time.Microsecond, 0.01},
				{time.Second, 21 * time.Second, 0.005},
			},
		},
		{
			name: "one trial of 60 s", initial: time.Second, final: time.Minute, sum: time.Minute, width: 0.005,
			want: []stage{
				{time.Second, time.Second, 0.04},
				{3914868 * time.Microsecond, 3914868 * time.Microsecond, 0.02},
				{15326189 * time.Microsecond, 15326189 * time.Microsecond, 0.01},
				{time.Minute, time.Minute, 0.005},
			},
		},
		{
			name: "a power of the growth", initial: time.Second, final: time.Second, sum: 25 * time.Second, width: 0.1,
			want: []stage{
				{time.Second, time.Second, 0.25},
				{time.Second, 5 * time.Second, 0.2},
				{time.Second, 25 * time.Second, 0.1},
			},
		},
		{
			name: "nothing to refine", initial: time.Second, final: time.Second, sum: time.Second, width: 0.5,
			want: []stage{{time.Second, time.Second, 0.5}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := Goal{Name: "g", LossRatio: 0.1, ExceedRatio: 0.2, InitialDuration: tc.initial, FinalDuration: tc.final, DurationSum: tc.sum, Width: tc.width}
			got := g.stages()
			if len(got) != len(tc.want) {
				t.Fatalf("%d stages, want %d: %+v", len(got), len(tc.want), got)
			}
			if last := got[len(got)-1]; last != g {
				t.Errorf("the last stage is %+v, want the goal itself", last)
			}
			for i, w := range tc.want {
				s := got[i]
				if s.FinalDuration != w.final || s.DurationSum != w.sum || math.Abs(s.Width-w.width) > 1e-12 {
					t.Errorf("stage %d: %v of %v, width %v; want %+v", i, s.FinalDuration, s.DurationSum, s.Width, w)
				}
				if s.LossRatio != g.LossRatio || s.ExceedRatio != g.ExceedRatio {
					t.Errorf("stage %d tolerates other losses than the goal: %+v", i, s)
				}
			}
		})
	}
}
