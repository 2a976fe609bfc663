//go:build timing

package faulty

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tunbench/bench/internal/scenario"
)

// TestTimingDelay compares with the same path without delay, by the first decile: on
// a machine that does other things, too, some packets find the CPU free, sooner or
// later.
func TestTimingDelay(t *testing.T) {
	const delay, tolerance, attempts = time.Millisecond, 20 * time.Microsecond, 5
	var more time.Duration
	for range attempts {
		more = firstDecile(t, delay) - firstDecile(t, 0)
		if (more - delay).Abs() <= tolerance {
			return
		}
	}
	t.Errorf("delay %v: %v more than without", delay, more)
}

// firstDecile is the time on the way that a tenth of the packets do not exceed.
func firstDecile(t *testing.T, delay time.Duration) time.Duration {
	t.Helper()
	const packets, gap = 2000, 200 * time.Microsecond
	kind := New(Faults{Delay: delay})
	bed, running := setUp(t, kind, scenario.TUN)
	ways := newLink(t, bed.A(), bed.B()).sendPaced(packets, gap)
	if len(ways) != packets {
		t.Fatalf("%d of %d packets arrived", len(ways), packets)
	}
	if err := errors.Join(running.Stop(), bed.Down()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ways)
	t.Logf("delay %v: p10 %v, median %v, p99 %v", delay, ways[packets/10], ways[packets/2], ways[packets*99/100])
	return ways[packets/10]
}
