package analysis

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestMedianOf: the ranks of 95 % intervals are those of the tables of the sign test (Conover, Practical Nonparametric Statistics, table A3).
func TestMedianOf(t *testing.T) {
	for n, ranks := range map[int][2]float64{6: {1, 6}, 7: {1, 7}, 9: {2, 8}, 12: {3, 10}, 15: {4, 12}, 20: {6, 15}} {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(n - i)
		}
		m := medianOf(values)
		if m.Low == nil || *m.Low != ranks[0] || *m.High != ranks[1] || m.N != n || math.Abs(m.Median-float64(n+1)/2) > 1e-12 || values[0] != float64(n) {
			t.Errorf("n = %d: %+v, want ranks %v", n, m, ranks)
		}
	}
	for n := 1; n < minForInterval; n++ {
		if m := medianOf(make([]float64, n)); m.Low != nil || m.High != nil {
			t.Errorf("n = %d has an interval", n)
		}
	}
}

func TestLeastP(t *testing.T) {
	for _, n := range [][2]int{{1, 1}, {3, 3}, {6, 6}, {6, 9}, {12, 7}} {
		lower, upper := make([]float64, n[0]), make([]float64, n[1])
		for i := range lower {
			lower[i] = float64(i)
		}
		for i := range upper {
			upper[i] = float64(100 + i)
		}
		if got, want := leastP(n[0], n[1]), chanceOf(lower, upper); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, want %v", n, got, want)
		}
	}
	if p := leastP(10_000, 10_000); p != 0 {
		t.Errorf("of ten thousand: %v", p)
	}
	for tests, want := range map[int]int{0: 6, 1: 6, 23: 6, 24: 7, 85: 7, 86: 8} {
		if got := trialsFor(tests); got != want {
			t.Errorf("%d tests need %d trials, want %d", tests, got, want)
		}
	}
}

// drawn is n trials of some scenarios about a rate that falls short of its best by 1.5 % on average, now and then by much more.
func drawn(random *rand.Rand, scenarios, n int, pps float64) *results.File {
	f := fixture.FileOfTrials()
	for s := range scenarios {
		values := make([]float64, n)
		for i := range values {
			values[i] = pps * math.Exp(-0.015*random.ExpFloat64())
		}
		f.Trials = append(f.Trials, fixture.Forwarding(fixture.SmallPackets+"/txqlen="+strconv.Itoa(s), values...)...)
	}
	return f
}

// TestCompareFilesErrorRates: without a difference hardly a report of five rows has any verdict of one, a change as large as the margin hardly
// passes for none, and a large one is found.
func TestCompareFilesErrorRates(t *testing.T) {
	const reports = 600
	rate := func(scenarios, before, after int, factor float64, v results.Verdict) float64 {
		random := rand.New(rand.NewPCG(7, 11))
		hits := 0
		for range reports {
			c, err := CompareFiles(drawn(random, scenarios, before, 1e6), drawn(random, scenarios, after, 1e6*factor), 0.05)
			if err != nil {
				t.Fatal(err)
			}
			if c.Count(v) > 0 {
				hits++
			}
		}
		return float64(hits) / reports
	}
	// Two standard errors above what is promised.
	const promised = 0.05 + 2*0.009
	if r := rate(5, 8, 8, 1, results.VerdictWorse) + rate(5, 8, 8, 1, results.VerdictBetter); r > promised {
		t.Errorf("%.3f of reports without a difference have one", r)
	}
	for _, n := range [][2]int{{6, 6}, {8, 8}, {6, 11}, {20, 9}} {
		for _, factor := range []float64{0.95, 1.05} {
			if r := rate(1, n[0], n[1], factor, results.VerdictSame); r > promised {
				t.Errorf("%v trials: a change to %v is no change in %.3f of reports", n, factor, r)
			}
		}
	}
	if r := rate(1, 10, 10, 0.95, results.VerdictWorse); r < 0.95 {
		t.Errorf("a loss of 5 %% is found in %.3f of reports", r)
	}
	if r := rate(1, 10, 10, 1, results.VerdictSame); r < 0.8 {
		t.Errorf("sameness is found in %.3f of reports", r)
	}
}
