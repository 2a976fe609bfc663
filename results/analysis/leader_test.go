package analysis

import (
	"testing"

	"tunbench/results"
)

// summaryOf is a summary with these medians.
func summaryOf(medians map[results.Metric]float64) Summary {
	s := Summary{Stats: map[results.Metric]Stat{}}
	for m, v := range medians {
		s.Stats[m] = Stat{N: 1, Median: v}
	}
	return s
}

func TestLeader(t *testing.T) {
	const pps, cost = results.MetricForwarded, results.MetricDUTCost
	p50 := results.RoundTrip("p50")
	program := func(m results.Metric, v float64) Summary {
		return summaryOf(map[results.Metric]float64{m: v, cost: 1})
	}
	kernel := summaryOf(map[results.Metric]float64{pps: 99, p50: 1})
	for name, test := range map[string]struct {
		among []Summary
		place int
		ok    bool
	}{
		"nobody":                 {nil, 0, false},
		"one program":            {[]Summary{kernel, program(pps, 5)}, 0, false},
		"more is better":         {[]Summary{program(pps, 5), kernel, program(pps, 7), program(pps, 6)}, 2, true},
		"less is better":         {[]Summary{program(p50, 5), program(p50, 7), kernel}, 0, true},
		"none has a metric":      {[]Summary{program(cost, 1), program(cost, 1)}, 0, false},
		"the first metric rules": {[]Summary{program(p50, 1), program(pps, 7)}, 1, true},
	} {
		if place, ok := Leader(test.among, []results.Metric{pps, p50}); place != test.place || ok != test.ok {
			t.Errorf("%s: %d, %t; want %d, %t", name, place, ok, test.place, test.ok)
		}
	}
}

func TestMedianRange(t *testing.T) {
	const pps = results.MetricForwarded
	among := []Summary{summaryOf(nil), summaryOf(map[results.Metric]float64{pps: 7}), summaryOf(map[results.Metric]float64{pps: 5})}
	if low, high, n := MedianRange(among, pps); low != 5 || high != 7 || n != 2 {
		t.Errorf("%v to %v of %d, want 5 to 7 of 2", low, high, n)
	}
	if _, _, n := MedianRange(among[:1], pps); n != 0 {
		t.Errorf("%d of none", n)
	}
}
