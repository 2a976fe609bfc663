package measure

import (
	"os"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/dut/faulty"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// The instrument is proven against a forwarder whose faults are known to the packet.

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
}

// parse makes the one scenario of some words.
func parse(t *testing.T, words string) scenario.Scenario {
	t.Helper()
	scenarios, err := scenario.Parse(strings.Fields(words))
	if err != nil || len(scenarios) != 1 {
		t.Fatalf("parse %q: %d scenarios, %v", words, len(scenarios), err)
	}
	return scenarios[0]
}

// with makes a kind the device under test of any scenario.
func with(k dut.Kind) Options {
	return Options{DUT: func(scenario.Scenario) (dut.Kind, error) { return k, nil }}
}

// measured is one trial that must not fail, of the scenario's own device under test if
// k is nil.
func measured(t *testing.T, words string, k dut.Kind) results.Trial {
	t.Helper()
	options := Options{}
	if k != nil {
		options = with(k)
	}
	trial, err := Trial(t.Context(), parse(t, words), options)
	if err != nil {
		t.Fatal(err)
	}
	if trial.Failed() || trial.Interrupted {
		t.Fatalf("%s: %s (interrupted: %t)", words, trial.Error, trial.Interrupted)
	}
	return trial
}

// attempts is how often a test tries that needs the CPU for itself: the neighbours
// of a shared machine may take it once, the instrument would be wrong each time.
const attempts = 3

// asOrdered is a trial in which the generator brought out all it was meant to, and the
// forwarder swapped as many pairs: it lets a packet go whose successor is late.
func asOrdered(t *testing.T, words string, k *faulty.Kind, swaps int64) results.Trial {
	t.Helper()
	var trial results.Trial
	for range attempts {
		trial = measured(t, words, k)
		if trial.Ledger.Packets(results.PlaceNotOffered) == 0 && int64(k.Counts().Swapped) == swaps {
			break
		}
		t.Logf("the generator fell behind: %v; %+v", trial.Ledger, k.Counts())
	}
	return trial
}

// knownLoad is 10,000 packets in half a second, through a forwarder without vnet header.
const knownLoad = "vnet=off load=20000 duration=500ms warmup=0s"

// gentleLoad is the same number of packets where sockets, whose threads want a CPU of
// their own each, share two with the forwarder.
const gentleLoad = "vnet=off load=10000 duration=1s warmup=0s"

const knownPackets = 10_000

// every way in which packets get from a generator to a sink.
var knownPaths = []string{
	"dev=tun gen=xdp", "dev=tun gen=xdp-ip", "dev=tun gen=socket", "dev=tun gen=xdp ip=6", "dev=tap gen=xdp", "dev=tap gen=xdp sink=xdp",
	"dev=tap gen=socket sink=socket", "dev=tun gen=xdp sink=socket ip=6", "dev=tap gen=xdp flows=16 order=zipf size=64x1+570x1",
}

// TestCountsAreExact: what was ordered is what is reported, to the packet and in the
// right row.
func TestCountsAreExact(t *testing.T) {
	requireRoot(t)
	for name, tc := range map[string]struct {
		faults                                      faulty.Faults
		lost, duplicated, reordered, corrupt, hides int64
	}{
		"none":               {},
		"drop every 100th":   {faults: faulty.Faults{DropEvery: 100}, lost: 100},
		"drop in bursts":     {faults: faulty.Faults{DropBurst: faulty.Burst{Every: 1000, Length: 50}}, lost: 500},
		"drop in silence":    {faults: faulty.Faults{DropEvery: 100, Silent: true}, hides: 100},
		"duplicate":          {faults: faulty.Faults{DuplicateEvery: 50}, duplicated: 200},
		"swap neighbours":    {faults: faulty.Faults{SwapEvery: 99}, reordered: 101},
		"delay every 101st":  {faults: faulty.Faults{DelayEvery: faulty.DelayEvery{Every: 101, By: 50 * time.Millisecond}}, reordered: 99},
		"flip in the stamp":  {faults: faulty.Faults{FlipEvery: 100, FlipAt: 3}, corrupt: 100},
		"flip the last byte": {faults: faulty.Faults{FlipEvery: 100, FlipAt: -1}, corrupt: 100},
	} {
		for _, path := range knownPaths {
			t.Run(name+"/"+path, func(t *testing.T) {
				tc.faults.MatchPort = portAToB
				kind := faulty.New(tc.faults)
				load := knownLoad
				if strings.Contains(path, "socket") {
					load = gentleLoad
				}
				swaps := int64(0)
				if tc.faults.SwapEvery > 0 {
					swaps = tc.reordered
				}
				trial := asOrdered(t, load+" "+path, kind, swaps)
				corrupt := trial.Ledger.Packets(results.PlaceCorrupt)
				if trial.Sink.Kind == results.SinkSocket { // the kernel checks for it
					corrupt += trial.Ledger.Packets(results.ReceiverStack("Udp.InCsumErrors")) +
						trial.Ledger.Packets(results.ReceiverStack("Udp6.InCsumErrors"))
				}
				for _, check := range []struct {
					what      string
					got, want int64
				}{
					{"intended", trial.Ledger.Packets(results.PlaceIntended), knownPackets},
					{"read by the forwarder", trial.Ledger.Packets(results.PlaceReadByForwarder), knownPackets},
					{"dropped by the forwarder", trial.Ledger.Packets(results.ForwarderDrop(faulty.DropReason)), tc.lost},
					{"unaccounted", trial.Ledger.Packets(results.PlaceUnaccounted), tc.hides},
					{"corrupt", corrupt, tc.corrupt},
					{"duplicated", *trial.Duplicated, tc.duplicated},
					{"at the sink", trial.Ledger.Packets(results.PlaceSink), knownPackets - tc.lost - tc.hides - tc.corrupt},
				} {
					if check.got != check.want {
						t.Errorf("%s: %d, want %d", check.what, check.got, check.want)
					}
				}
				// Order is judged within a flow, where neighbours need not be of one.
				if !strings.Contains(path, "flows") && *trial.Reordered != tc.reordered {
					t.Errorf("reordered: %d, want %d", *trial.Reordered, tc.reordered)
				}
				if lost := float64(tc.lost+tc.hides+tc.corrupt) / knownPackets; *trial.LossRatio != lost {
					t.Errorf("loss ratio %v, want %v", *trial.LossRatio, lost)
				}
				if t.Failed() {
					t.Logf("the forwarder did %+v; ledger %v", kind.Counts(), trial.Ledger)
				}
			})
		}
	}
}

// TestHeldPacketIsNotLost: the last packet comes long after all others, and counts.
func TestHeldPacketIsNotLost(t *testing.T) {
	requireRoot(t)
	late := faulty.Faults{DelayEvery: faulty.DelayEvery{Every: knownPackets, By: 200 * time.Millisecond}, MatchPort: portAToB}
	trial := measured(t, knownLoad+" dev=tun gen=xdp", faulty.New(late))
	if got := trial.Ledger.Packets(results.PlaceSink); got != knownPackets {
		t.Errorf("%d packets at the sink, want %d: %v", got, knownPackets, trial.Ledger)
	}
	if longest := time.Duration(trial.LatencyNs.Max); longest < 200*time.Millisecond {
		t.Errorf("the longest latency is %v, want 200 ms", longest)
	}
}

// TestDelayIsExact: what is held back for 1 ms arrives 1 ms after its intended time.
func TestDelayIsExact(t *testing.T) {
	requireRoot(t)
	const delay, tolerance = time.Millisecond, 20 * time.Microsecond
	for _, path := range []string{"dev=tun gen=xdp", "dev=tap gen=xdp", "dev=tun gen=socket"} {
		t.Run(path, func(t *testing.T) {
			var p50 time.Duration
			for range attempts {
				trial := measured(t, knownLoad+" "+path, faulty.New(faulty.Faults{Delay: delay}))
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

// TestStallShowsAtFullSize: packets that were meant to be sent during a stall count
// with the time that they had to wait. A closed loop, which sends nothing while it
// waits, hides the same stall: one round trip of thousands is long.
func TestStallShowsAtFullSize(t *testing.T) {
	requireRoot(t)
	const stall = 100 * time.Millisecond
	stalling := func() dut.Kind { return faulty.New(faulty.Faults{Stall: faulty.Stall{After: 1000, For: stall}}) }
	open := measured(t, "vnet=off load=20000 duration=1s warmup=0s txqlen=10000", stalling())
	if *open.LossRatio != 0 {
		t.Errorf("the queue holds all, lost %v: %v", *open.LossRatio, open.Ledger)
	}
	// A tenth of all packets wait, evenly from 100 ms down to nothing; the last in a
	// thousand by rank is 1 ms below the top.
	if p999 := time.Duration(open.LatencyNs.P999); p999 < 97*time.Millisecond {
		t.Errorf("open loop: p99.9 is %v, want about %v", p999, stall)
	}
	closed := measured(t, "vnet=off load=pingpong duration=1s warmup=0s", stalling())
	if longest := time.Duration(closed.RoundTripNs.Max); longest < stall {
		t.Errorf("closed loop: the longest round trip took %v, shorter than the stall", longest)
	}
	if p999 := time.Duration(closed.RoundTripNs.P999); p999 > stall/2 {
		t.Errorf("closed loop: p99.9 is %v of %d round trips, expected it to hide the stall", p999, closed.RoundTripNs.Count)
	}
}
