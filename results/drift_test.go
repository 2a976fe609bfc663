package results

import (
	"math"
	"strings"
	"testing"
	"time"
)

// near says whether two figures agree to nine digits.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

func TestDriftWarning(t *testing.T) {
	tests := []struct {
		drift Drift
		want  string // "" is no warning
	}{
		{Drift{"forwarded_pps", 100, -0.0625, -0.91, new(0.0001)}, "forwarded_pps fell by 6.25 % over the soak (rank correlation with time -0.91)"},
		{Drift{"latency_ns.p99", 100, 0.3, 0.6, new(0.009)}, "latency_ns.p99 rose by 30.0 % over the soak (rank correlation with time 0.60)"},
		{Drift{"small", 100, 0.049, 1, new(0.0)}, ""},
		{Drift{"unsteady", 100, 0.5, 0.49, new(0.0)}, ""},
		{Drift{"perhaps chance", 100, 0.5, 0.6, new(0.011)}, ""},
		{Drift{"too few", 100, 0.5, 1, nil}, ""},
	}
	for _, test := range tests {
		if got := strings.Join(Sentences(SoakWarnings([]Drift{test.drift}, nil, time.Hour)), "; "); got != test.want {
			t.Errorf("%+v: %q, want %q", test.drift, got, test.want)
		}
	}
}

func TestMemoryWarning(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		memory Memory
		want   bool
	}{
		{Memory{ProcessDUT, 20 * mib, 30 * mib, 5e6}, true},
		{Memory{ProcessDUT, 20 * mib, 24 * mib, 2e6}, false},     // below what an allocator may do
		{Memory{ProcessDUT, 200 * mib, 219 * mib, 9.9e6}, false}, // a small part of what was there
		{Memory{ProcessDUT, 20 * mib, 30 * mib, 12}, false},      // grew once, then stood still
		{Memory{ProcessTester, 30 * mib, 20 * mib, 5e6}, false},
	}
	for _, test := range tests {
		got := strings.Join(Sentences(SoakWarnings(nil, []Memory{test.memory}, 2*time.Hour)), "; ")
		if (got != "") != test.want || test.want && !strings.Contains(got, "the dut's memory grew from 21.0 MB to 31.5 MB, 5.00 MB an hour") {
			t.Errorf("%+v: %q", test.memory, got)
		}
	}
}
