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

// schema1Trial has a value in every field of schema 1.
func schema1Trial(t testing.TB) Trial {
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

// fullTrial has a value in every field.
func fullTrial(t testing.TB) Trial {
	full := schema1Trial(t)
	full.Series, full.DUT.Program = 1, "old"
	full.Phase, full.GoalShare = PhaseLatency, &GoalShare{"NDR", 0.9}
	for _, way := range []*Traffic{&full.Traffic, &full.Directions[0].Traffic, &full.Directions[1].Traffic} {
		way.Corrupt = new(int64(4))
	}
	full.CPU.DUTUserNsPerPacket, full.CPU.DUTSystemNsPerPacket = new(100.5), new(600.0)
	full.CPU.DUTBusiestRatio, full.CPU.DistanceNs = new(0.75), new(85.5)
	full.CPU.DUTSwitchesPerPacket, full.CPU.DUTSyscallsPerPacket = new(0.01), new(2.5)
	full.DUT.Skips = []string{"filters", "captures"}
	full.Sender.Kind, full.Sender.Notes = SenderSocket, []string{"no live frames: packets come from sockets"}
	full.Sink = &Sink{
		Kind: SinkXDP, CPUs: []CPUPackets{{0, 79000}, {1, 1000}}, EarlyPackets: new(int64(5)), ClampedPackets: new(int64(6)), OverflowPackets: new(int64(7)),
		Notes: []string{"generic XDP"},
	}
	full.DropReasons = []DropReason{{"NO_SOCKET", "b", 7}}
	full.IntakeRatio, full.TesterMaxPps = new(0.5), new(1.2e6)
	full.Warnings = []string{"CPUs were taken away"}
	return full
}

func sampleCalibration(t testing.TB) Calibration {
	return Calibration{
		Scenario: "dut=veth/size=64", Start: sampleStart, MaxOfferedPps: new(1.31e6), LatencyNs: distribution(t, 4000, 5000, 21000),
		PausedRatio: new(0.003), HighLoad: &HighLoad{IntendedPps: 1e6, OfferedPps: 999_500, LatenessNs: distribution(t, 3000)},
		LatenessNs: distribution(t, 100, 200, 1900), MachineNsPerPacket: new(1080.5), SinkNsPerPacket: new(61.25),
		Notes: []string{"no native XDP: counted in TCX"}, Error: "sink: closed",
	}
}

func sampleSearch() Search {
	return Search{
		Scenario: "dut=forwarder/load=max/size=64", Preset: "ci-fast", Start: sampleStart, DurationS: 31.25, Trials: 23, TrialDurationS: 21,
		MinLoadPps: 10000, MaxLoadPps: 1.31e6,
		Goals: []Goal{
			{
				Name: "NDR", ExceedRatio: 0.5, InitialTrialDurationS: 1, FinalTrialDurationS: 1, DurationSumS: 21, WidthRatio: 0.005,
				RelevantLowerBoundPps: new(437000.0), RelevantUpperBoundPps: new(439000.0), ConditionalThroughputPps: new(436990.5), Regular: true,
			},
			{
				Name: "PDR", LossRatio: 0.005, ExceedRatio: 0.5, InitialTrialDurationS: 1, FinalTrialDurationS: 1, DurationSumS: 21, WidthRatio: 0.005,
				RelevantLowerBoundPps: new(1.31e6), ConditionalThroughputPps: new(1.3099e6), Reason: "no loss at the maximum load",
			},
		},
		LimitedBy: "dut core", Host: &Stability{new(0.0), new(0.012), new(int64(420_000))}, Warnings: []string{"loss at 300 k pps, none at 400 k pps"},
		Error: "interrupted",
	}
}

func sampleBurst() Burst {
	return Burst{
		Scenario: "dut=forwarder/size=64", Start: sampleStart, Repetitions: []Repetition{{1480, 0.00123}, {1500, 0.00125}, {1512, 0.00126}},
		LongestPackets: &PacketRange{Mean: 1497.5, StdDev: 16.5, Median: 1500, Min: 1480, Max: 1512}, CorrectedPackets: new(965.5), CorrectedBufferS: new(0.00075), LimitPackets: new(int64(1 << 20)), Error: "interrupted",
	}
}

func sampleSoak() Soak {
	return Soak{
		Scenario: "dut=forwarder/load=100000/size=64", Start: sampleStart, DurationS: 7200, Intervals: 720, LostPackets: new(int64(12)), Interrupted: true,
		Drifts:   []Drift{{"forwarded_pps", 100_000, -0.0625, -0.91, new(0.0)}, {"latency_ns.p99", 21_000, 0.02, 0.11, nil}},
		Memory:   []Memory{{ProcessDUT, 12_000_000, 12_400_000, 200_000}, {ProcessTester, 30_000_000, 29_000_000, -500_000}},
		Warnings: []string{"forwarded_pps fell"}, Error: "interrupted",
	}
}

func sampleComparison() Comparison {
	return Comparison{
		Series: 2, ScenarioA: "dut=forwarder/size=64", ScenarioB: "dut=veth/size=64", ProgramA: "old", ProgramB: "new",
		Metric: MetricForwarded, Ratio: 1.25, Low: 1.125, High: 1.5, Confidence: 0.953125, PValue: 0.03125, Margin: 0.0625, Detectable: 0.125, Rounds: 7, NothingRounds: 2, UnmeasuredRounds: 1,
		Control: &Control{Ratio: 1.5, Low: 0.5, High: 2.5, PValue: 0.5}, Verdict: VerdictBetter, Warnings: []string{"odd"},
	}
}

func sampleSweep() Sweep {
	return Sweep{
		Start: sampleStart, Words: []string{"vnet=on,off", "offload=none,all"}, Design: "full", Seed: 4021, Rounds: 3, Metric: MetricThroughput,
		Knobs:     []Knob{{"vnet", []string{"on", "off"}}, {"offload", []string{"none", "all"}}},
		Scenarios: []string{"offload=none/vnet=on", "offload=all/vnet=on", "offload=none/vnet=off"}, Dropped: 1, DroppedReason: "offload=all: needs the vnet header",
	}
}

func sampleGate() Gate {
	return Gate{
		Verdict: GateWorse, Headline: "failed: worse in two series: 1 of 3 required figures in 1 scenario", Reasons: []string{"  the scenario: worse"},
		Baseline: "git:main (0123456789ab)", Candidate: "this program", Findings: []GateFinding{{"dut=forwarder/size=64", MetricForwarded, true, "worse"}},
	}
}

// sampleRecords is one record of every kind, each with a value in every field, in an order that a file may have.
func sampleRecords(t testing.TB) []Record {
	return []Record{
		emulatedHost(), sampleCalibration(t), fullTrial(t), sampleSearch(), sampleBurst(), sampleSoak(), sampleComparison(), sampleSweep(), sampleGate(), sampleEnd(1),
	}
}

// fileOf is a file of some records.
func fileOf(records ...Record) *File {
	f := &File{}
	for _, r := range records {
		f.Add(r)
	}
	return f
}

func sampleHost() Host {
	return Host{
		Time: sampleStart, Version: "v0.1.0", Commit: "abcdef123456", Hostname: "bench-1", Kernel: "6.18.0", CPUModel: "AMD EPYC 7B13",
		Cores: 2, CPUsAllowed: "0-1", MemoryBytes: 8 << 30, Virtualization: "kvm", GoVersion: "go1.26.0", Clocksource: "kvm-clock",
		Mitigations: "retpolines <IBPB>", Sysctls: map[string]string{"net.core.rmem_max": "212992"}, Args: []string{"run", "size=64"},
	}
}

func emulatedHost() Host {
	host := sampleHost()
	host.Emulated = true
	return host
}

func sampleEnd(trials int) End {
	return End{Time: sampleStart.Add(time.Minute), Status: Interrupted, Reason: "signal: interrupt", Trials: trials}
}
