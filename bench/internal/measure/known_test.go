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

// knownLoad is so many packets, through a forwarder without vnet header. The queue of the
// device holds them all: none is lost there, however long the forwarder waits for a CPU.
const (
	knownLoad    = "vnet=off load=20000 duration=100ms warmup=0s txqlen=4000"
	knownPackets = 2000
)

// every way in which packets get from a generator to a sink.
var knownPaths = []string{
	"dev=tun gen=xdp", "dev=tun gen=xdp-ip", "dev=tun gen=socket", "dev=tun gen=xdp ip=6", "dev=tap gen=xdp", "dev=tap gen=xdp sink=xdp",
	"dev=tap gen=socket sink=socket", "dev=tun gen=xdp sink=socket ip=6", "dev=tap gen=xdp flows=16 order=zipf size=64x1+570x1",
}

// TestCountsAreExact: what was ordered is what is reported, to the packet and in the
// right row. Packets that could not be sent in time, on a busy machine, meet no fault: what
// is expected follows from how many the forwarder read.
func TestCountsAreExact(t *testing.T) {
	requireRoot(t)
	for name, faults := range map[string]faulty.Faults{
		"none":               {},
		"drop every 100th":   {DropEvery: 100},
		"drop in bursts":     {DropBurst: faulty.Burst{Every: 1000, Length: 50}},
		"drop in silence":    {DropEvery: 100, Silent: true},
		"duplicate":          {DuplicateEvery: 50},
		"swap neighbours":    {SwapEvery: 99},
		"delay every 101st":  {DelayEvery: faulty.DelayEvery{Every: 101, By: 50 * time.Millisecond}},
		"flip in the stamp":  {FlipEvery: 100, FlipAt: 3},
		"flip the last byte": {FlipEvery: 100, FlipAt: -1},
	} {
		for _, path := range knownPaths {
			t.Run(name+"/"+path, func(t *testing.T) {
				faults.MatchPort = portAToB
				kind := faulty.New(faults)
				trial := measured(t, knownLoad+" "+path, kind)
				checkCounts(t, faults, kind.Counts(), trial, !strings.Contains(path, "flows"))
				if t.Failed() {
					t.Logf("the forwarder did %+v; ledger %v", kind.Counts(), trial.Ledger)
				}
			})
		}
	}
}

// checkCounts holds a trial against its faults and what became of them. Order is judged
// within a flow, where neighbours need not be of one.
func checkCounts(t *testing.T, faults faulty.Faults, did faulty.Counts, trial results.Trial, oneFlow bool) {
	t.Helper()
	read := trial.Ledger.Packets(results.PlaceReadByForwarder)
	dropped := nth(faults.DropEvery, read)
	if b := faults.DropBurst; b.Every > 0 {
		dropped += read/int64(b.Every)*int64(b.Length) + max(0, read%int64(b.Every)-int64(b.Every-b.Length))
	}
	lost, hidden := dropped, int64(0)
	if faults.Silent {
		lost, hidden = 0, dropped
	}
	flipped := nth(faults.FlipEvery, read)
	corrupt := trial.Ledger.Packets(results.PlaceCorrupt)
	if trial.Sink.Kind == results.SinkSocket { // the kernel checks for it
		corrupt += trial.Ledger.Packets(results.ReceiverStack("Udp.InCsumErrors")) +
			trial.Ledger.Packets(results.ReceiverStack("Udp6.InCsumErrors"))
	}
	arrived := read - dropped - flipped
	for _, check := range []struct {
		what      string
		got, want int64
	}{
		{"intended", trial.Ledger.Packets(results.PlaceIntended), knownPackets},
		{"read by the forwarder", read, knownPackets - trial.Ledger.Packets(results.PlaceNotOffered)},
		{"met by the faults", int64(did.Read), read},
		{"dropped by the forwarder", trial.Ledger.Packets(results.ForwarderDrop(faulty.DropReason)), lost},
		{"unaccounted", trial.Ledger.Packets(results.PlaceUnaccounted), hidden},
		{"corrupt", corrupt, flipped},
		{"duplicated", *trial.Duplicated, nth(faults.DuplicateEvery, read)},
		{"at the sink", trial.Ledger.Packets(results.PlaceSink), arrived},
	} {
		if check.got != check.want {
			t.Errorf("%s: %d, want %d", check.what, check.got, check.want)
		}
	}
	if want := int64(did.Overtaken); oneFlow && *trial.Reordered != want {
		t.Errorf("reordered: %d, want %d", *trial.Reordered, want)
	}
	if want := float64(knownPackets-arrived) / knownPackets; *trial.LossRatio != want {
		t.Errorf("loss ratio %v, want %v", *trial.LossRatio, want)
	}
	if read == 0 {
		t.Error("no packet was sent")
	}
}

// nth is how many of n packets are an every-th; 0 is none.
func nth(every int, n int64) int64 {
	if every == 0 {
		return 0
	}
	return n / int64(every)
}

// TestHeldPacketIsNotLost: a packet that comes long after all others counts.
func TestHeldPacketIsNotLost(t *testing.T) {
	requireRoot(t)
	const by = 150 * time.Millisecond // longer than the whole load
	late := faulty.Faults{DelayEvery: faulty.DelayEvery{Every: knownPackets / 4, By: by}, MatchPort: portAToB}
	kind := faulty.New(late)
	trial := measured(t, knownLoad+" dev=tun gen=xdp", kind)
	if got, want := trial.Ledger.Packets(results.PlaceSink), knownPackets-trial.Ledger.Packets(results.PlaceNotOffered); got != want {
		t.Errorf("%d packets at the sink, want %d: %v", got, want, trial.Ledger)
	}
	if longest := time.Duration(trial.LatencyNs.Max); kind.Counts().Delayed > 0 && longest < by {
		t.Errorf("the longest latency is %v, want %v", longest, by)
	}
}

// TestDelayIsMeasured: what is held back for 1 ms arrives 1 ms after its intended time, or
// later where the machine is busy.
func TestDelayIsMeasured(t *testing.T) {
	requireRoot(t)
	const delay = time.Millisecond
	for _, path := range delayPaths {
		trial := measured(t, knownLoad+" "+path, faulty.New(faulty.Faults{Delay: delay}))
		if p50 := time.Duration(trial.LatencyNs.P50); p50 < delay {
			t.Errorf("%s: p50 %v, want %v", path, p50, delay)
		}
	}
}

var delayPaths = []string{"dev=tun gen=xdp", "dev=tap gen=xdp", "dev=tun gen=socket"}

// TestStallShowsAtFullSize: packets that were meant to be sent during a stall count
// with the time that they had to wait.
func TestStallShowsAtFullSize(t *testing.T) {
	requireRoot(t)
	const stall = 100 * time.Millisecond
	var open results.Trial
	for offered := int64(0); offered < 2000; offered = open.Ledger.Packets(results.PlaceIntended) - open.Ledger.Packets(results.PlaceNotOffered) {
		// On a busy machine the sender may be late, and end before a stall.
		open = measured(t, "vnet=off load=10000 duration=500ms warmup=0s txqlen=10000", faulty.New(faulty.Faults{Stall: faulty.Stall{After: 500, For: stall}}))
	}
	if n := open.Ledger.Packets(results.PlaceDeviceRing); n != 0 {
		t.Errorf("the queue holds all, lost %d: %v", n, open.Ledger)
	}
	// A fifth of all packets wait, evenly from 100 ms down to nothing; the last in a
	// thousand by rank is 0.5 ms below the top.
	if p999 := time.Duration(open.LatencyNs.P999); p999 < 97*time.Millisecond {
		t.Errorf("p99.9 is %v, want about %v", p999, stall)
	}
}
