//go:build timing

package testbed

import (
	"testing"
	"time"
)

// TestTimingShaper: as much passes as the rate. It holds on a machine that is quiet now and
// then; `make test-timing` runs it.
func TestTimingShaper(t *testing.T) {
	shaping(t, func(t *testing.T, bed *Testbed, frame uint64) { checkRate(t, bed, frame, shapedBits) })
}

// checkRate looks at what leaves A in half a second: as much as the rate, in the first
// half second in which the machine is not busy elsewhere.
func checkRate(t *testing.T, bed *Testbed, frame uint64, rate float64) {
	t.Helper()
	const attempts, tolerance = 6, 0.04
	var least, most float64 // bit/s
	for range attempts {
		w := watch(t, bed)
		bits := float64(8 * frame * w.packets)
		least, most = bits/w.longest, bits/w.shortest
		if most >= rate*(1-tolerance) && least <= rate*(1+tolerance) {
			return
		}
	}
	t.Errorf("%.4g to %.4g bit/s passed, want %.4g", least, most, rate)
}

// window is a time in which packets left A. The counters are those of a moment
// between before and after their reading, so it is known from below and above, in s.
type window struct {
	packets           uint64
	shortest, longest float64
}

func watch(t *testing.T, bed *Testbed) window {
	t.Helper()
	beforeFirst := time.Now()
	first := mustCounters(t, bed)
	afterFirst := time.Now()
	time.Sleep(500 * time.Millisecond)
	beforeLast := time.Now()
	last := mustCounters(t, bed)
	return window{
		packets:  last.Sub(first).A.TxPackets,
		shortest: beforeLast.Sub(afterFirst).Seconds(),
		longest:  time.Since(beforeFirst).Seconds(),
	}
}
