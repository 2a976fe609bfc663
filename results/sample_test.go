package results

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

var sampleStart = time.Date(2026, 5, 4, 12, 30, 0, 123456789, time.UTC)

// distribution makes the distribution of some nanoseconds.
func distribution(t testing.TB, ns ...int64) *Distribution {
	t.Helper()
	h := hdrhistogram.New(1, 10_000_000_000, 2)
	for _, v := range ns {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	d, err := NewDistribution(h)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fullTrial has a value in every field.
func fullTrial(t testing.TB) Trial {
	traffic := func(scale float64) Traffic {
		return Traffic{
			IntendedPps: new(50000 * scale), OfferedPps: new(49999.5 * scale), ForwardedPps: new(40000.25 * scale),
			LossRatio: new(0.2), ThroughputBps: new(20.48e6 * scale),
			LatencyNs: distribution(t, 9000, 10000, 720000), RoundTripNs: distribution(t, 20000),
			Superpackets: new(int64(12)), Duplicated: new(int64(0)), Reordered: new(int64(3)),
			Ledger: Ledger{{PlaceIntended, 50000}, {PlaceDeviceRing, 9999}, {ForwarderDrop("short"), 1}, {PlaceSink, 40000}, {PlaceUnaccounted, 0}},
		}
	}
	return Trial{
		Scenario: "dut=forwarder/size=64", Round: 2, Arm: "A", Start: sampleStart, DurationS: 1.000123,
		Traffic:    traffic(2),
		Directions: []Direction{{AToB, traffic(1)}, {BToA, traffic(1)}},
		CPU: &CPU{
			DUTNsPerPacket: new(700.5), MachineNsPerPacket: new(1500.0), DUTBusyRatio: new(0.98),
			UserRatio: new(0.1), SystemRatio: new(0.6), SoftirqRatio: new(0.2), StealRatio: new(0.0),
		},
		Queues: []Queue{{0, 40000, 40001}, {1, 0, 0}},
		TCP:    &TCP{Streams: 4, Retransmits: new(int64(7)), RTTUs: new(123.5)},
		DUT:    &DUT{OffloadAccepted: "tso", VnetHdrLen: new(12), Queues: new(2), Notes: []string{"uso: not accepted"}},
		Sender: &Sender{LatenessNs: distribution(t, 100, 200)},
		Qdisc:  "pfifo_fast", LimitedBy: "forwarder", Interrupted: true, Error: "child ended: signal: killed",
	}
}

func sampleHost() Host {
	return Host{
		Time: sampleStart, Version: "v0.1.0", Commit: "abcdef123456", Hostname: "bench-1", Kernel: "6.18.0", CPUModel: "AMD EPYC 7B13",
		Cores: 2, MemoryBytes: 8 << 30, Virtualization: "kvm", GoVersion: "go1.26.0", Clocksource: "kvm-clock",
		Mitigations: "retpolines <IBPB>", Sysctls: map[string]string{"net.core.rmem_max": "212992"}, Args: []string{"run", "size=64"},
	}
}

func sampleEnd(trials int) End {
	return End{Time: sampleStart.Add(time.Minute), Status: Interrupted, Reason: "signal: interrupt", Trials: trials}
}
