package report

import (
	"slices"
	"testing"

	"tunbench/results"
)

// TestMetricFormat: label and figure name the same unit.
func TestMetricFormat(t *testing.T) {
	for _, test := range []struct {
		metric      results.Metric
		value       float64
		label, text string
	}{
		{results.MetricForwarded, 508e3, "forwarded pps", "508 k"},
		{results.MetricDelivered, 0.999, "delivered %", "99.9"},
		{results.Latency("p50"), 12345, "latency p50 µs", "12.3"},
		{results.MetricDUTCost, 1850, "DUT CPU ns/packet", "1850"},
		{"tcp.rtt_us", 123.45, "tcp.rtt_us", "123"},
	} {
		if label, text := Label(test.metric), Format(test.metric, test.value); label != test.label || text != test.text {
			t.Errorf("%s: %q %q, want %q %q", test.metric, label, text, test.label, test.text)
		}
	}
}

func TestScenarioTitles(t *testing.T) {
	titles, shared := ScenarioTitles([]string{"dut=forwarder/size=64", "dut=forwarder/size=128"})
	if !slices.Equal(titles, []string{"size=64", "size=128"}) || !slices.Equal(shared, []string{"every row: dut=forwarder"}) {
		t.Errorf("%q, %q", titles, shared)
	}
	titles, shared = ScenarioTitles([]string{"dut=forwarder/size=64"})
	if !slices.Equal(titles, []string{""}) || !slices.Equal(shared, []string{"scenario: dut=forwarder/size=64"}) {
		t.Errorf("of one: %q, %q", titles, shared)
	}
}

func TestEscapeMarkdown(t *testing.T) {
	if got, want := EscapeMarkdown("a|b\n*c* <d>\x1b[1m"), `a\|b \*c\* \<d> \[1m`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
