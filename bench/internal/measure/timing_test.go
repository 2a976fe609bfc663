//go:build timing

package measure

import (
	"testing"
	"time"

	"tunbench/bench/internal/dut/faulty"
	"tunbench/bench/internal/search"
	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// The tests of this file hold on a quiet machine only. `make test-timing` runs them.

// attempts is how often a test tries that needs the CPU for itself: the neighbours
// of a shared machine may take it once, the instrument would be wrong each time.
const attempts = 3

// TestTimingDelay: what is held back for 1 ms arrives 1 ms after its intended time.
func TestTimingDelay(t *testing.T) {
	requireRoot(t)
	const delay, tolerance = time.Millisecond, 20 * time.Microsecond
	for _, path := range delayPaths {
		t.Run(path, func(t *testing.T) {
			var p50 time.Duration
			for range attempts {
				trial := measured(t, "vnet=off load=20000 duration=500ms warmup=0s "+path, faulty.New(faulty.Faults{Delay: delay}))
				p50 = time.Duration(trial.LatencyNs.P50)
				if (p50 - delay).Abs() <= tolerance {
					return
				}
				t.Logf("p50 %v, lateness %+v", p50, trial.Sender.LatenessNs)
			}
			t.Errorf("p50 %v, want %v ± %v", p50, delay, tolerance)
		})
	}
}

// TestTimingClosedLoopHidesAStall: a closed loop, which sends nothing while it waits,
// hides a stall that an open loop shows: one round trip of thousands is long.
func TestTimingClosedLoopHidesAStall(t *testing.T) {
	requireRoot(t)
	const stall = 100 * time.Millisecond
	closed := measured(t, "vnet=off load=pingpong duration=1s warmup=0s", faulty.New(faulty.Faults{Stall: faulty.Stall{After: 1000, For: stall}}))
	if longest := time.Duration(closed.RoundTripNs.Max); longest < stall {
		t.Errorf("the longest round trip took %v, shorter than the stall", longest)
	}
	if p999 := time.Duration(closed.RoundTripNs.P999); p999 > stall/2 {
		t.Errorf("p99.9 is %v of %d round trips, expected it to hide the stall", p999, closed.RoundTripNs.Count)
	}
}

// TestTimingShaper: of twice the rate that the kernel enforces, half is lost.
func TestTimingShaper(t *testing.T) {
	requireRoot(t)
	for _, kind := range []testbed.ShaperKind{testbed.TBF, testbed.HTB} {
		words := "dut=veth gen=socket load=40000 duration=500ms warmup=0s"
		trial := measured(t, words, shapedVeth(t, parse(t, words), kind))
		if n := trial.Ledger.Packets(results.PlaceQdisc); n < 9000 || n > 10_200 {
			t.Errorf("%s: %d packets lost in the qdisc, want about 10000: %v", kind, n, trial.Ledger)
		}
	}
}

// TestTimingSearch: NDR lies within the goal's width of the rate that the kernel enforces.
func TestTimingSearch(t *testing.T) {
	requireRoot(t)
	const width = 0.02
	goal := search.Goal{
		Name: "NDR", ExceedRatio: 0.5, InitialDuration: 200 * time.Millisecond,
		FinalDuration: 500 * time.Millisecond, DurationSum: 1500 * time.Millisecond, Width: width,
	}
	words := "dut=veth gen=socket"
	config := search.Config{Goals: []search.Goal{goal}, MinLoad: 1000, MaxLoad: 100_000, MaxTrials: 100}
	found, _ := searched(t, words, shapedVeth(t, parse(t, words), testbed.TBF), config, false)
	ndr := found.Goals[0]
	if !ndr.Regular {
		t.Fatalf("irregular: %+v", ndr)
	}
	// In a trial of 500 ms the bucket and the queue let 0.5 % more pass.
	const slack = 0.005
	if low, high := *ndr.RelevantLowerBoundPps, *ndr.RelevantUpperBoundPps; low > shapedPps*(1+slack) || high < shapedPps*(1-slack) ||
		low < shapedPps*(1-width-slack) || high > shapedPps*(1+width+slack) {
		t.Errorf("NDR between %.0f and %.0f pps, want %d within %v", low, high, shapedPps, width)
	}
}
