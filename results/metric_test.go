package results_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

func TestMetricNames(t *testing.T) {
	names := results.MetricNames()
	for m := range results.Metrics(fixture.FullTrial(t)) {
		if !slices.Contains(names, m) {
			t.Errorf("%s is missing", m)
		}
	}
	if !slices.IsSorted(names) || !results.MetricThroughput.MoreIsBetter() || results.Latency("p99").MoreIsBetter() {
		t.Errorf("names %v", names)
	}
}

// TestMetrics: every figure of a full trial is a metric, and none of an empty one.
func TestMetrics(t *testing.T) {
	got := results.Metrics(fixture.FullTrial(t))
	want := map[results.Metric]float64{
		results.MetricIntended: 100000, results.MetricOffered: 99999, results.MetricForwarded: 80000.5, results.MetricLoss: 0.2, results.MetricThroughput: 40.96e6,
		results.MetricDUTCost: 700.5, results.MetricMachineCost: 1500, results.MetricSteal: 0, "cpu.dut_busy_ratio": 0.98, "cpu.user_ratio": 0.1,
		"cpu.system_ratio": 0.6, "cpu.softirq_ratio": 0.2, "tcp.rtt_us": 123.5, "tcp.retransmits": 7,
		"superpackets": 12, "duplicated": 0, "reordered": 3, "corrupt": 4, results.MetricTesterMax: 1.2e6,
		"cpu.dut_user_ns_per_packet": 100.5, "cpu.dut_system_ns_per_packet": 600, "cpu.dut_switches_per_packet": 0.01,
		"cpu.dut_syscalls_per_packet": 2.5, "cpu.dut_busiest_ratio": 0.75, "sink.early_packets": 5, "sink.clamped_packets": 6,
	}
	spread := func(m results.Metric, _ float64) bool { _, plain := want[m]; return !plain }
	if diff := cmp.Diff(want, got, cmpopts.IgnoreMapEntries(spread)); diff != "" {
		t.Errorf("Metrics (-want +got):\n%s", diff)
	}
	full := fixture.FullTrial(t)
	for metric, value := range map[results.Metric]int64{
		results.Latency("p50"): full.LatencyNs.P50, results.Latency("max"): full.LatencyNs.Max, results.Latency("p9999"): full.LatencyNs.P9999,
		results.RoundTrip("p99"): full.RoundTripNs.P99, "sender.lateness_ns.p999": full.Sender.LatenessNs.P999,
	} {
		if v, ok := got[metric]; !ok || v != float64(value) {
			t.Errorf("%s = %v, %v; want %d", metric, v, ok, value)
		}
	}
	if none := results.Metrics(results.Trial{}); len(none) != 0 {
		t.Errorf("an empty trial has %v", none)
	}
}
