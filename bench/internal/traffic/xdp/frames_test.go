package xdp

import (
	"testing"
	"time"

	"tunbench/bench/internal/traffic/load"
)

// TestFramesAreBounded: a run has frames for all that it can need, and not many more: when
// nobody can end it, it ends itself soon.
func TestFramesAreBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		load        load.Load
		duration    time.Duration
		slice       time.Duration
		least, most uint32
	}{
		// An invocation that waits takes some 10 µs.
		"paced":              {load.Load{Pps: 10_000}, 100 * time.Millisecond, 0, 20_000, 100_000},
		"slow":               {load.Load{Pps: 1}, time.Second, 0, 200_000, 1_000_000},
		"fast":               {load.Load{Pps: 5e6}, 100 * time.Millisecond, 0, 8 * 500_000, 8*500_000 + 100_000},
		"flood":              {load.Load{}, 100 * time.Millisecond, 0, 2_000_000, 10_000_000},
		"a burst":            {load.Load{Packets: 500}, time.Second, 0, 500, 5_000},
		"an hour":            {load.Load{Pps: 1e6}, time.Hour, 0, 1 << 30, testRunRepeat},
		"an hour, in slices": {load.Load{Pps: 10_000}, time.Hour, 250 * time.Millisecond, 25_000, 250_000},
		"flood in slices":    {load.Load{}, time.Hour, 250 * time.Millisecond, 1_000_000, 3_000_000},
	} {
		task := newTask(tc.load, tc.duration, 0)
		if got := task.frames(tc.slice); got < tc.least || got > tc.most {
			t.Errorf("%s: %d frames, want %d to %d", name, got, tc.least, tc.most)
		}
	}
}
