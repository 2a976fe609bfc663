package main

import (
	"fmt"
	"strings"
	"testing"

	"tunbench/results"
)

// roomy makes the queues of the devices hold all packets of a trial: none is lost there,
// however long the forwarder waits for a CPU.
const roomy = "txqlen=4096"

// lostOnTheWay is how many packets were sent and did not arrive. What a generator could
// not send in time, because its CPU was taken away, was not lost.
func lostOnTheWay(t results.Trial) int64 {
	l := t.Ledger
	return l.Packets(results.PlaceIntended) - l.Packets(results.PlaceNotOffered) - l.Packets(results.PlaceSenderSocket) - l.Packets(results.PlaceSink)
}

// TestPacedLoadIsExact is the promise of the instrument in its simplest form: every packet
// that was asked for is accounted for, arrived if it was sent, and was timed.
func TestPacedLoadIsExact(t *testing.T) {
	needRoot(t)
	trial := measured(t, "dut=forwarder", "proto=udp", "size=64", "load=10000", "duration=300ms", roomy)[0]
	if n := trial.Ledger.Packets(results.PlaceIntended); n != 3000 {
		t.Errorf("%d packets intended, want 3000", n)
	}
	if n := lostOnTheWay(trial); n != 0 {
		t.Errorf("%d packets lost: %v", n, trial.Ledger)
	}
	if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 {
		t.Errorf("%d packets unaccounted: %v", n, trial.Ledger)
	}
	if want := trial.Ledger.Packets(results.PlaceSink); trial.LatencyNs == nil || trial.LatencyNs.Count != want {
		t.Errorf("latency of %+v, want one for each of %d packets", trial.LatencyNs, want)
	}
	histogram, err := trial.LatencyNs.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if got := histogram.ValueAtPercentile(99); got != trial.LatencyNs.P99 {
		t.Errorf("the histogram has p99 %d, the record %d", got, trial.LatencyNs.P99)
	}
}

// TestEverySettingRuns measures a load that nothing here may lose.
func TestEverySettingRuns(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	for _, words := range []string{
		"dut=veth", "dut=route", "dut=veth ip=6", "dut=route ip=6",
		"dev=tun,tap ip=4,6",
		"dev=tun,tap dir=bi",
		"queues=2 flows=8 dir=bi",
		"offload=none,csum,tso,uso,all size=1400 segs=8",
		"vnet=off", "batch=1 spin=0s", "pin=off", "qdisc=noqueue,pfifo_fast", "mtu=9000 size=9000",
		"dut=veth,route size=1400 segs=32",
		"engine=auto,sync,uring", "gro=off", "gso=split gro=auto,off size=1400 segs=8", "engine=sync,uring gso=split size=1400 segs=8",
		"queues=2 flows=8 steer=hash,cpu,kernel", "dev=tap offload=tunnel size=1400 segs=8",
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			args := append(strings.Fields(words), "load=16000", "duration=200ms", "warmup=50ms", roomy)
			for _, trial := range measured(t, args...) {
				lost := lostOnTheWay(trial)
				if strings.Contains(trial.Scenario, "dut=veth") || strings.Contains(trial.Scenario, "dut=route") {
					// What receives from a veth holds 256 packets, whatever its txqlen.
					lost -= trial.Ledger.Packets(results.PlaceDeviceRing)
				}
				if lost != 0 || *trial.Duplicated != 0 || *trial.Reordered != 0 {
					t.Errorf("%s: lost %d, duplicated %d, reordered %d: %v", trial.Scenario,
						lost, *trial.Duplicated, *trial.Reordered, trial.Ledger)
				}
				if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 {
					t.Errorf("%s: %d packets unaccounted: %v", trial.Scenario, n, trial.Ledger)
				}
				directions := strings.Count(trial.Scenario, "dir=bi") + 1
				if want := int64(3200 * directions); trial.Ledger.Packets(results.PlaceIntended) != want || trial.Ledger.Packets(results.PlaceSink) == 0 {
					t.Errorf("%s: %d packets intended, want %d: %v", trial.Scenario, trial.Ledger.Packets(results.PlaceIntended), want, trial.Ledger)
				}
			}
		})
	}
}

// TestOverloadIsAccountedFor offers as much as can be offered.
func TestOverloadIsAccountedFor(t *testing.T) {
	needRoot(t)
	for _, words := range []string{
		"dut=forwarder,veth,route", "dev=tap", "dev=tun,tap qdisc=noqueue", "dir=bi dut=forwarder,veth,route", "txqlen=10",
		"pin=off dut=veth,route dir=bi",
		"size=1400 segs=32 dut=forwarder,veth,route", "size=1400 segs=32 offload=none,all dev=tap",
		"queues=2 flows=64",
	} {
		t.Run(words, func(t *testing.T) {
			args := append(strings.Fields(words), "load=max", "duration=200ms", "warmup=50ms")
			for _, trial := range measured(t, args...) {
				if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 {
					t.Errorf("%s: %d packets unaccounted: %v", trial.Scenario, n, trial.Ledger)
				}
				if *trial.Duplicated != 0 {
					t.Errorf("%s: %d duplicates", trial.Scenario, *trial.Duplicated)
				}
			}
		})
	}
}

// TestIntake: with an intake all packets come through it, fast or slow, and the ledger knows those
// that it drops.
func TestIntake(t *testing.T) {
	needRoot(t)
	for _, words := range []string{"load=max", "load=max flows=64 queues=2 dir=bi", "load=max size=1400 segs=32 dev=tap", "load=5000"} {
		t.Run(words, func(t *testing.T) {
			for _, trial := range measured(t, append(strings.Fields(words), "intake=auto,off", "duration=300ms")...) {
				if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 || *trial.Reordered != 0 || *trial.Duplicated != 0 {
					t.Errorf("%s: %d packets unaccounted, %d reordered, %d duplicated: %v", trial.Scenario, n, *trial.Reordered, *trial.Duplicated, trial.Ledger)
				}
				share := trial.IntakeRatio
				switch on := strings.Contains(trial.Scenario, "intake=auto"); {
				case on != (share != nil):
					t.Errorf("%s: intake ratio %v", trial.Scenario, share)
				case on != (len(trial.DUT.Skips) > 0):
					t.Errorf("%s: the record says that packets skip %q", trial.Scenario, trial.DUT.Skips)
				case on && *share < 0.99: // neighbour discovery and the like may come otherwise
					t.Errorf("%s: %.3g of the packets came through the intake", trial.Scenario, *share)
				}
			}
		})
	}
}

// TestQueuesShareTheLoad: the kernel spreads flows over the queues, and a flow
// stays on one.
func TestQueuesShareTheLoad(t *testing.T) {
	needRoot(t)
	for _, load := range []string{"20000", "max"} {
		for _, dev := range []string{"tun", "tap"} {
			t.Run(fmt.Sprintf("%s at %s", dev, load), func(t *testing.T) {
				var trial results.Trial
				eventually(t, "enough packets are sent for eight flows", func() bool {
					trial = measured(t, "queues=2", "flows=8", "dev="+dev, "load="+load, "duration=200ms")[0]
					return trial.Ledger.Packets(results.PlaceSink) >= 100
				})
				if len(trial.Queues) != 2 {
					t.Fatalf("%d queues in the record, want 2", len(trial.Queues))
				}
				for _, q := range trial.Queues {
					if q.AToBPackets == 0 {
						t.Errorf("queue %d carried nothing: %+v", q.Queue, trial.Queues)
					}
				}
				if *trial.Reordered != 0 {
					t.Errorf("%d packets reordered within their flow", *trial.Reordered)
				}
			})
		}
	}
}

func TestTCPAndPingPong(t *testing.T) {
	needRoot(t)
	for _, words := range []string{"dut=forwarder,route,veth", "flows=4 queues=2", "ip=6 dev=tap", "dir=bi"} {
		for _, trial := range measured(t, append(strings.Fields(words), "proto=tcp", "duration=300ms")...) {
			if trial.TCP == nil || *trial.ThroughputBps <= 0 || *trial.TCP.RTTUs <= 0 {
				t.Errorf("%s: %v bit/s, TCP %+v", trial.Scenario, *trial.ThroughputBps, trial.TCP)
			}
		}
	}
	for _, trial := range measured(t, "load=pingpong", "dut=forwarder,route,veth", "duration=200ms") {
		if trial.RoundTripNs == nil || trial.RoundTripNs.Count == 0 || *trial.LossRatio == 1 {
			t.Errorf("%s: round trips %+v, loss %v", trial.Scenario, trial.RoundTripNs, *trial.LossRatio)
		}
	}
}
