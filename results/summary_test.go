package results

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSummarize(t *testing.T) {
	trial := func(scenario, arm string, pps float64) Trial {
		return Trial{
			Scenario: scenario, Arm: arm, LimitedBy: "sender",
			Traffic: Traffic{ForwardedPps: &pps, Ledger: Ledger{{PlaceIntended, 10}, {PlaceSink, 10}}},
		}
	}
	failed := trial("a", "", 1e9)
	failed.Error = "child died"
	interrupted := trial("a", "", 1e9)
	interrupted.Interrupted, interrupted.Error = true, "canceled"
	without := Trial{Scenario: "a", LimitedBy: "forwarder", Traffic: Traffic{LossRatio: new(0.0)}}

	got, err := Summarize([]Trial{
		trial("b", "", 7), trial("a", "", 4), failed, trial("a", "", 1), trial("a", "", 2), interrupted, trial("a", "", 100), without,
		trial("b", "B", 8),
	})
	if err != nil {
		t.Fatal(err)
	}
	one := func(v float64) Stat { return Stat{N: 1, Median: v, Min: v, Max: v} }
	want := []Summary{
		{
			Scenario: "b", Used: 1, Stats: map[Metric]Stat{MetricForwarded: one(7)},
			Ledger: Ledger{{PlaceIntended, 10}, {PlaceSink, 10}}, LimitedBy: []string{"sender"},
		},
		{
			Scenario: "a", Used: 5, Failed: 1, Interrupted: 1,
			// Of 1, 2, 4, 100 the median is 3, the deviations from it 2, 1, 1, 97.
			Stats:  map[Metric]Stat{MetricForwarded: {N: 4, Median: 3, MAD: 1.5, Min: 1, Max: 100}, MetricLoss: one(0), MetricDelivered: one(1)},
			Ledger: Ledger{{PlaceIntended, 40}, {PlaceSink, 40}}, LimitedBy: []string{"sender", "forwarder"},
		},
		{
			Scenario: "b", Arm: "B", Used: 1, Stats: map[Metric]Stat{MetricForwarded: one(8)},
			Ledger: Ledger{{PlaceIntended, 10}, {PlaceSink, 10}}, LimitedBy: []string{"sender"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Summarize (-want +got):\n%s", diff)
	}
	if n := got[1].Trials(); n != 7 {
		t.Errorf("Trials = %d, want 7", n)
	}
}

func TestDescribeNothing(t *testing.T) {
	if s, err := Describe(nil); err == nil {
		t.Errorf("Describe of nothing = %+v", s)
	}
}

// TestMetrics: every figure of a full trial is a metric, and none of an empty one.
func TestMetrics(t *testing.T) {
	got := Metrics(fullTrial(t))
	want := map[Metric]float64{
		MetricIntended: 100000, MetricOffered: 99999, MetricForwarded: 80000.5, MetricLoss: 0.2, MetricThroughput: 40.96e6,
		MetricDUTCost: 700.5, MetricMachineCost: 1500, MetricSteal: 0, "cpu.dut_busy_ratio": 0.98, "cpu.user_ratio": 0.1,
		"cpu.system_ratio": 0.6, "cpu.softirq_ratio": 0.2, "tcp.rtt_us": 123.5, "tcp.retransmits": 7,
		"superpackets": 12, "duplicated": 0, "reordered": 3, "corrupt": 4, MetricTesterMax: 1.2e6,
		"cpu.dut_user_ns_per_packet": 100.5, "cpu.dut_system_ns_per_packet": 600, "cpu.dut_switches_per_packet": 0.01,
		"cpu.dut_syscalls_per_packet": 2.5, "cpu.dut_busiest_ratio": 0.75, "sink.early_packets": 5, "sink.clamped_packets": 6,
	}
	spread := func(m Metric, _ float64) bool { _, plain := want[m]; return !plain }
	if diff := cmp.Diff(want, got, cmpopts.IgnoreMapEntries(spread)); diff != "" {
		t.Errorf("Metrics (-want +got):\n%s", diff)
	}
	full := fullTrial(t)
	for metric, value := range map[Metric]int64{
		Latency("p50"): full.LatencyNs.P50, Latency("max"): full.LatencyNs.Max, Latency("p9999"): full.LatencyNs.P9999,
		RoundTrip("p99"): full.RoundTripNs.P99, "sender.lateness_ns.p999": full.Sender.LatenessNs.P999,
	} {
		if v, ok := got[metric]; !ok || v != float64(value) {
			t.Errorf("%s = %v, %v; want %d", metric, v, ok, value)
		}
	}
	if none := Metrics(Trial{}); len(none) != 0 {
		t.Errorf("an empty trial has %v", none)
	}
}
