package analysis

import (
	"math"
	"testing"
	"time"

	"tunbench/results"
)

// TestTrendKeepsTheLine: however many points a line has, slope and drift are those of the line and the memory is bounded.
func TestTrendKeepsTheLine(t *testing.T) {
	for _, n := range []int{3, 100, trendPoints - 1, trendPoints, trendPoints + 1, 10_007} {
		var trend Trend
		for i := range n {
			// From 100 to 200, whatever n is.
			trend.Add(time.Duration(i)*time.Second, 100+100*float64(i)/float64(n-1))
		}
		if len(trend.values) >= trendPoints || len(trend.times) != len(trend.values) || cap(trend.values) > 2*trendPoints {
			t.Fatalf("%d values: %d points kept, capacity %d", n, len(trend.values), cap(trend.values))
		}
		slope, ok := trend.Slope()
		if want := 100 / float64(n-1); !ok || math.Abs(slope-want) > 1e-6*want {
			t.Errorf("%d values: slope %v, %v; want %v", n, slope, ok, want)
		}
		d, ok := trend.Drift("m")
		// The last values may still be waiting for their point, so the median may be a little low.
		if !ok || math.Abs(d.ChangeRatio-100.0/150) > 0.01 || !near(d.RankCorrelation, 1) || d.Metric != "m" {
			t.Errorf("%d values: drift %+v, %v", n, d, ok)
		}
		if (d.PValue == nil) != (n < minForChance) {
			t.Errorf("%d values: p = %v", n, d.PValue)
		}
	}
}

// TestTrendHalves: 1024 points become 512, each the mean of two neighbours, and the next two values one point more.
func TestTrendHalves(t *testing.T) {
	var trend Trend
	for i := range trendPoints {
		trend.Add(time.Duration(i)*time.Second, float64(i%2))
	}
	if len(trend.values) != trendPoints/2 {
		t.Fatalf("%d points, want %d", len(trend.values), trendPoints/2)
	}
	for i, v := range trend.values {
		if v != 0.5 || trend.times[i] != 2*float64(i)+0.5 {
			t.Fatalf("point %d is (%v, %v)", i, trend.times[i], v)
		}
	}
	trend.Add(2000*time.Second, 7)
	if len(trend.values) != trendPoints/2 {
		t.Error("half a point was kept as a whole one")
	}
	trend.Add(2002*time.Second, 9)
	if last := len(trend.values) - 1; last != trendPoints/2 || trend.values[last] != 8 || trend.times[last] != 2001 {
		t.Errorf("point %d is (%v, %v), want (2001, 8)", last, trend.times[last], trend.values[last])
	}
}

func TestTrendSaysNothing(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
	}{
		{"nothing", nil},
		{"two values", []float64{1, 2}},
		{"values that are none", []float64{1, math.NaN(), math.Inf(1), 2, math.Inf(-1)}},
		{"around zero", []float64{0, 0, 0, 5, 0}},
	}
	for _, test := range tests {
		var trend Trend
		for i, v := range test.values {
			trend.Add(time.Duration(i)*time.Second, v)
		}
		if d, ok := trend.Drift("m"); ok {
			t.Errorf("%s: drift %+v", test.name, d)
		}
	}
}

func TestTrendConstant(t *testing.T) {
	var trend Trend
	for i := range 20 {
		trend.Add(time.Duration(i)*time.Minute, 42)
	}
	d, ok := trend.Drift("m")
	if !ok || d.ChangeRatio != 0 || d.RankCorrelation != 0 || d.PValue == nil || *d.PValue != 1 {
		t.Errorf("drift %+v, %v", d, ok)
	}
	if w := SoakWarnings(results.Soak{Drifts: []results.Drift{d}}); len(w) > 0 {
		t.Errorf("warnings %+v", w)
	}
}

// near says whether two figures agree to nine digits.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }
