package measure

import (
	"testing"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/dut/faulty"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/search"
	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// shaped is a kind whose sending device has a rate that the kernel enforces.
type shaped struct {
	dut.Kind
	shaper testbed.Shaper
}

func (k shaped) Scene(s scenario.Scenario) testbed.Config {
	cfg := k.Kind.Scene(s)
	cfg.Shaper = &k.shaper
	return cfg
}

// The shaped rate: frames of 64 bytes and an Ethernet header.
const (
	shapedPps  = 20_000
	shapedBits = shapedPps * (64 + 14) * 8
)

func shapedVeth(t *testing.T, s scenario.Scenario, kind testbed.ShaperKind) shaped {
	t.Helper()
	veth, err := dut.For(s, dut.Variant{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := shaped{veth, testbed.Shaper{Kind: kind, BitsPerSecond: shapedBits, BurstBytes: 2000}}
	if kind == testbed.TBF {
		k.shaper.LimitBytes = 2000
	} else {
		k.shaper.LimitPackets = 20
	}
	return k
}

// TestShaperDropsInItsRow: what exceeds the rate is lost in the qdisc.
func TestShaperDropsInItsRow(t *testing.T) {
	requireRoot(t)
	for _, kind := range []testbed.ShaperKind{testbed.TBF, testbed.HTB} {
		words := "dut=veth gen=socket load=100000 duration=100ms warmup=0s"
		var trial results.Trial
		offered := int64(0)
		for deadline := time.Now().Add(5 * time.Minute); offered < 1000 && time.Now().Before(deadline); { // a sender may get no CPU for so long
			trial = measured(t, words, shapedVeth(t, parse(t, words), kind))
			offered = trial.Ledger.Packets(results.PlaceIntended) - trial.Ledger.Packets(results.PlaceNotOffered) -
				trial.Ledger.Packets(results.PlaceSenderSocket)
		}
		lost := offered - trial.Ledger.Packets(results.PlaceSink)
		if n := trial.Ledger.Packets(results.PlaceQdisc); n != lost || n == 0 {
			t.Errorf("%s: %d packets lost in the qdisc of %d, want some and all: %v", kind, n, lost, trial.Ledger)
		}
		if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 {
			t.Errorf("%s: %d packets unaccounted: %v", kind, n, trial.Ledger)
		}
	}
}

// searched is a search that must not fail.
func searched(t *testing.T, words string, k dut.Kind, c search.Config, latency bool) (results.Search, []results.Trial) {
	t.Helper()
	var trials []results.Trial
	s := Search{
		Scenario: parse(t, words), Config: c, Latency: latency, Options: with(k),
		Record: func(t results.Trial) error { trials = append(trials, t); return nil },
	}
	found, err := s.Run(t.Context())
	if err != nil || found.Error != "" {
		t.Fatalf("%s: %v, %s", words, err, found.Error)
	}
	return found, trials
}

// TestSearchFindsNoMoreThanAKnownRate: NDR is not above the rate that the kernel enforces,
// however the machine is, and latency is measured at shares of it.
func TestSearchFindsNoMoreThanAKnownRate(t *testing.T) {
	requireRoot(t)
	goal := search.Goal{
		Name: "NDR", ExceedRatio: 0.5, InitialDuration: 200 * time.Millisecond,
		FinalDuration: 500 * time.Millisecond, DurationSum: 500 * time.Millisecond, Width: 0.05,
	}
	words := "dut=veth gen=socket"
	config := search.Config{Goals: []search.Goal{goal}, MinLoad: 1000, MaxLoad: 100_000, MaxTrials: 100}
	found, trials := searched(t, words, shapedVeth(t, parse(t, words), testbed.TBF), config, true)
	ndr := found.Goals[0]
	if ndr.RelevantLowerBoundPps == nil {
		if ndr.Reason != search.ReasonLossAtMinLoad { // which a machine that is busy enough has
			t.Errorf("no lower bound: %+v", ndr)
		}
		return
	}
	// Bucket, queue and what is sent just after the end let a little more pass.
	const slack = 0.1
	if low := *ndr.RelevantLowerBoundPps; low > shapedPps*(1+slack) {
		t.Errorf("NDR of %.0f pps or more, the kernel lets %d pass", low, shapedPps)
	}
	var shares []float64
	for _, trial := range trials {
		if trial.Phase == results.PhaseLatency {
			shares = append(shares, trial.GoalShare.Ratio)
			if trial.LatencyNs == nil || trial.LatencyNs.Histogram == "" {
				t.Errorf("%s: no latency", trial.Scenario)
			}
		}
	}
	if len(shares) != len(latencyShares) {
		t.Errorf("latency at shares %v of NDR, want %v", shares, latencyShares)
	}
}

// TestSearchThatCannotStart: with loss at the smallest load there is nothing to find,
// and that is said soon.
func TestSearchThatCannotStart(t *testing.T) {
	requireRoot(t)
	dead := faulty.New(faulty.Faults{DropEvery: 2})
	preset, err := search.FindPreset("ci-fast")
	if err != nil {
		t.Fatal(err)
	}
	config := preset.Config
	for i := range config.Goals { // sure of it sooner
		config.Goals[i].DurationSum = 2 * config.Goals[i].FinalDuration
	}
	config.MinLoad, config.MaxLoad = 1000, 50_000
	found, _ := searched(t, "vnet=off", dead, config, false)
	for _, g := range found.Goals {
		if g.Regular || g.Reason != search.ReasonLossAtMinLoad || g.RelevantLowerBoundPps != nil {
			t.Errorf("%s: %+v, want irregular for %q", g.Name, g, search.ReasonLossAtMinLoad)
		}
	}
}
