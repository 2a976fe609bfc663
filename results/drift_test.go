package results

import (
	"math"
	"strings"
	"testing"
	"time"
)

// near says whether two figures agree to nine digits.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

// Worked by hand: ranks, their products, and all slopes.
func TestRankCorrelation(t *testing.T) {
	tests := []struct {
		name string
		y    []float64 // at 1, 2, 3 …
		want float64
	}{
		{"grows", []float64{1, 2, 30, 400}, 1},
		{"falls", []float64{9, 8, 8e-3, -7}, -1},
		{"constant", []float64{5, 5, 5}, 0},
		{"one value", []float64{5}, 0},
		{"nothing", nil, 0},
		// Differences of the ranks 1 3 2 4 5 from 1 2 3 4 5: 1 - 6*2/(5*24).
		{"two swapped", []float64{10, 30, 20, 40, 50}, 0.9},
		// Ranks 1.5 1.5 3 4: covariance 4.5, squares 5 and 4.5: 4.5/sqrt(22.5).
		{"a tie", []float64{7, 7, 8, 9}, 0.9486832980505138},
		// Ranks 2.5 2.5 2.5 5 2.5: covariance 2.5, squares 10 and 5: 2.5/sqrt(50).
		{"one in five", []float64{1, 1, 1, 2, 1}, 0.35355339059327373},
	}
	for _, test := range tests {
		x := make([]float64, len(test.y))
		for i := range x {
			x[i] = float64(i + 1)
		}
		if got := rankCorrelation(x, test.y); !near(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestMedianSlope(t *testing.T) {
	tests := []struct {
		name string
		x, y []float64
		want float64
		ok   bool
	}{
		{"a line", []float64{0, 1, 2, 5}, []float64{3, 5, 7, 13}, 2, true},
		// Slopes 1, 50, 1, 99, 1, -97.
		{"an outlier", []float64{0, 1, 2, 3}, []float64{0, 1, 100, 3}, 1, true},
		// Slopes 1, 2, 3: of the pairs (0,1), (0,2), (1,2).
		{"a bend", []float64{0, 1, 2}, []float64{0, 1, 4}, 2, true},
		{"the same time twice", []float64{0, 0, 2}, []float64{0, 4, 4}, 1, true},
		{"one time only", []float64{1, 1}, []float64{1, 2}, 0, false},
		{"one point", []float64{1}, []float64{1}, 0, false},
	}
	for _, test := range tests {
		got, ok := medianSlope(test.x, test.y)
		if ok != test.ok || ok && !near(got, test.want) {
			t.Errorf("%s: %v, %v; want %v, %v", test.name, got, ok, test.want, test.ok)
		}
	}
}

func TestChance(t *testing.T) {
	if p := chance(1, minForChance-1); p != nil {
		t.Errorf("too few values give p = %v", *p)
	}
	// 1.96 standard deviations leave 5 % outside, 0 leave everything.
	for rho, want := range map[float64]float64{0: 1, 0.196: 0.05, -0.196: 0.05, 0.3291: 0.001} {
		if p := chance(rho, 101); math.Abs(*p-want) > 1e-4 {
			t.Errorf("chance of %v among 101 = %v, want %v", rho, *p, want)
		}
	}
}

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
		if got := test.drift.Warning(); got != test.want {
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
		got := test.memory.Warning(2 * time.Hour)
		if (got != "") != test.want || test.want && !strings.Contains(got, "the dut's memory grew from 21.0 MB to 31.5 MB, 5.00 MB an hour") {
			t.Errorf("%+v: %q", test.memory, got)
		}
	}
}
