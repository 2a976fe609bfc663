package campaign

import (
	"strings"
	"testing"

	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

func TestSweepMetric(t *testing.T) {
	for words, want := range map[string]results.Metric{
		"proto=tcp flows=1,2":             results.MetricThroughput,
		"size=64,128":                     results.MetricForwarded,
		"load=1k,2k":                      results.Latency("p99"),
		"load=pingpong ip=4,6":            results.RoundTrip("p50"),
		"proto=udp,tcp":                   results.MetricThroughput,
		"load=max,1k":                     "",
		"proto=udp load=pingpong,max":     "",
		"load=pingpong,1000 dut=veth":     "",
		"dut=forwarder,veth size=64,1400": results.MetricForwarded,
	} {
		design, err := scenario.ParseSweep(strings.Fields(words), scenario.DesignFull)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := SweepMetric("", design.Scenarios); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v; want %q", words, got, err, want)
		}
		if got, err := SweepMetric("cpu.steal_ratio", design.Scenarios); got != results.MetricSteal || err != nil {
			t.Errorf("%s: %q, %v for a metric that was asked for", words, got, err)
		}
	}
}
