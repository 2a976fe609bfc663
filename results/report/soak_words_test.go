package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
)

func TestDriftWarning(t *testing.T) {
	tests := []struct {
		drift results.Drift
		want  string // "" is no warning
	}{
		{results.Drift{Metric: "forwarded_pps", Median: 100, ChangeRatio: -0.0625, RankCorrelation: -0.91, PValue: new(0.0001)}, "forwarded_pps fell by 6.25 % over the soak (rank correlation with time -0.91)"},
		{results.Drift{Metric: "latency_ns.p99", Median: 100, ChangeRatio: 0.3, RankCorrelation: 0.6, PValue: new(0.009)}, "latency_ns.p99 rose by 30.0 % over the soak (rank correlation with time 0.60)"},
		{results.Drift{Metric: "small", Median: 100, ChangeRatio: 0.049, RankCorrelation: 1, PValue: new(0.0)}, ""},
		{results.Drift{Metric: "unsteady", Median: 100, ChangeRatio: 0.5, RankCorrelation: 0.49, PValue: new(0.0)}, ""},
		{results.Drift{Metric: "perhaps chance", Median: 100, ChangeRatio: 0.5, RankCorrelation: 0.6, PValue: new(0.011)}, ""},
		{results.Drift{Metric: "too few", Median: 100, ChangeRatio: 0.5, RankCorrelation: 1, PValue: nil}, ""},
	}
	for _, test := range tests {
		if got := strings.Join(Sentences(analysis.SoakWarnings(results.Soak{Drifts: []results.Drift{test.drift}})), "; "); got != test.want {
			t.Errorf("%+v: %q, want %q", test.drift, got, test.want)
		}
	}
}

func TestMemoryWarning(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		memory results.Memory
		want   bool
	}{
		{results.Memory{Process: results.ProcessDUT, FirstBytes: 20 * mib, LastBytes: 30 * mib, GrowthBytesPerHour: 5e6}, true},
		{results.Memory{Process: results.ProcessDUT, FirstBytes: 20 * mib, LastBytes: 24 * mib, GrowthBytesPerHour: 2e6}, false},     // below what an allocator may do
		{results.Memory{Process: results.ProcessDUT, FirstBytes: 200 * mib, LastBytes: 219 * mib, GrowthBytesPerHour: 9.9e6}, false}, // a small part of what was there
		{results.Memory{Process: results.ProcessDUT, FirstBytes: 20 * mib, LastBytes: 30 * mib, GrowthBytesPerHour: 12}, false},      // grew once, then stood still
		{results.Memory{Process: results.ProcessTester, FirstBytes: 30 * mib, LastBytes: 20 * mib, GrowthBytesPerHour: 5e6}, false},
	}
	for _, test := range tests {
		got := strings.Join(Sentences(analysis.SoakWarnings(results.Soak{DurationS: 7200, Memory: []results.Memory{test.memory}})), "; ")
		if (got != "") != test.want || test.want && !strings.Contains(got, "the dut's memory grew from 21.0 MB to 31.5 MB, 5.00 MB an hour") {
			t.Errorf("%+v: %q", test.memory, got)
		}
	}
}
