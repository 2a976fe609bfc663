package analysis

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestCompareRounds: which rounds have a ratio, and what it is.
func TestCompareRounds(t *testing.T) {
	failed, interrupted := fixture.ArmTrial(1, results.ArmB, 100), fixture.ArmTrial(2, results.ArmA, 100)
	failed.Error, interrupted.Interrupted = "ended", true
	plain := fixture.ArmTrial(0, "", 12345)
	for name, test := range map[string]struct {
		trials []results.Trial
		ratio  float64
		rounds int
	}{
		"nothing":                      {},
		"no arms":                      {[]results.Trial{plain}, 0, 0},
		"a pair":                       {[]results.Trial{fixture.ArmTrial(0, results.ArmA, 100), fixture.ArmTrial(0, results.ArmB, 300), plain}, 3, 1},
		"a round of four is its means": {[]results.Trial{fixture.ArmTrial(0, results.ArmA, 50), fixture.ArmTrial(0, results.ArmB, 300), fixture.ArmTrial(0, results.ArmB, 500), fixture.ArmTrial(0, results.ArmA, 150)}, 4, 1},
		"the control is A":             {[]results.Trial{fixture.ArmTrial(0, results.ArmA, 50), fixture.ArmTrial(0, results.ArmB, 300), fixture.ArmTrial(0, results.ArmControl, 150)}, 3, 1},
		"the centre of rounds, not the ratio of medians": {
			[]results.Trial{
				fixture.ArmTrial(0, results.ArmA, 100), fixture.ArmTrial(0, results.ArmB, 200), fixture.ArmTrial(1, results.ArmB, 4), fixture.ArmTrial(1, results.ArmA, 1), fixture.ArmTrial(2, results.ArmA, 1000), fixture.ArmTrial(2, results.ArmB, 8000),
			}, 4, 3,
		},
		"a failed trial takes its round along": {
			[]results.Trial{fixture.ArmTrial(0, results.ArmA, 100), fixture.ArmTrial(0, results.ArmB, 200), fixture.ArmTrial(1, results.ArmA, 100), fixture.ArmTrial(1, results.ArmB, 900), failed}, 2, 1,
		},
		"and so does one that was interrupted": {
			[]results.Trial{fixture.ArmTrial(0, results.ArmA, 100), fixture.ArmTrial(0, results.ArmB, 200), fixture.ArmTrial(2, results.ArmB, 1), interrupted}, 2, 1,
		},
		"an arm is missing": {[]results.Trial{fixture.ArmTrial(0, results.ArmA, 200), fixture.ArmTrial(1, results.ArmB, 100)}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Compare(test.trials, CompareOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if test.rounds == 0 {
				if len(got) != 0 {
					t.Errorf("%+v, want none", got)
				}
				return
			}
			if len(got) != 1 || got[0].Rounds != test.rounds || math.Abs(got[0].Ratio/test.ratio-1) > 1e-9 || got[0].Verdict != results.VerdictInconclusive {
				t.Errorf("%+v, want ratio %v of %d rounds, inconclusive", got, test.ratio, test.rounds)
			}
		})
	}
}

// TestVerdicts: what a series of forwarded packets comes to, at a margin of 2 %.
func TestVerdicts(t *testing.T) {
	still := fixture.RatiosAround(20, 1, 0.005)
	for name, test := range map[string]struct {
		trials []results.Trial
		want   results.Verdict
		warned Warning // of this kind; nil: of nothing
	}{
		"a loss":                          {fixture.SeriesOfRatios(fixture.RatiosAround(20, 0.95, 0.02), still), results.VerdictWorse, nil},
		"a gain":                          {fixture.SeriesOfRatios(fixture.RatiosAround(20, 1.05, 0.02), still), results.VerdictBetter, nil},
		"nothing":                         {fixture.SeriesOfRatios(fixture.RatiosAround(20, 1.001, 0.01), still), results.VerdictSame, nil},
		"nothing, exactly":                {fixture.SeriesOfRatios(slices.Repeat([]float64{1}, 20), nil), results.VerdictSame, nil},
		"a loss below the margin":         {fixture.SeriesOfRatios(fixture.RatiosAround(20, 0.985, 0.002), still), results.VerdictSame, nil},
		"perhaps a loss":                  {fixture.SeriesOfRatios(fixture.RatiosAround(20, 0.985, 0.04), still), results.VerdictInconclusive, nil},
		"noise":                           {fixture.SeriesOfRatios(fixture.RatiosAround(20, 1, 0.3), still), results.VerdictInconclusive, nil},
		"few rounds":                      {fixture.SeriesOfRatios(fixture.RatiosAround(4, 0.5, 0.01), nil), results.VerdictInconclusive, RoundsTooFew{}},
		"a control that moved":            {fixture.SeriesOfRatios(fixture.RatiosAround(20, 0.95, 0.02), fixture.RatiosAround(20, 1.1, 0.01)), results.VerdictInconclusive, ControlMoved{}},
		"a control that moved a little":   {fixture.SeriesOfRatios(fixture.RatiosAround(20, 0.95, 0.02), fixture.RatiosAround(20, 1.01, 0.001)), results.VerdictWorse, nil},
		"a drift":                         {fixture.SeriesOfRatios(drift(20), nil), results.VerdictInconclusive, RatioDrifted{}},
		"rounds that resemble each other": {fixture.SeriesOfRatios(waves(40), nil), results.VerdictInconclusive, RoundsAlike{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Compare(test.trials, CompareOptions{})
			if err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			c := got[0]
			if c.Verdict != test.want || test.warned != nil && !warns(c.Odd, test.warned) || test.warned == nil && len(c.Odd) > 0 {
				t.Errorf("%+v, want %s with a warning like %T", c, test.want, test.warned)
			}
			if test.want != results.VerdictInconclusive && !(c.Low <= c.Ratio && c.Ratio <= c.High) {
				t.Errorf("%v not within %v to %v", c.Ratio, c.Low, c.High)
			}
		})
	}
}

// warns says whether a warning of some kind is among others.
func warns(odd []Warning, kind Warning) bool {
	return slices.ContainsFunc(odd, func(o Warning) bool { return reflect.TypeOf(o) == reflect.TypeOf(kind) })
}

// bareOf is comparisons without what is odd about them.
func bareOf(comparisons []ArmComparison) []results.Comparison {
	var records []results.Comparison
	for _, c := range comparisons {
		records = append(records, c.Comparison)
	}
	return records
}

// drift is ratios that rise from one end of the margin to the other.
func drift(n int) []float64 {
	ratios := make([]float64, n)
	for i := range ratios {
		ratios[i] = 0.9 + 0.2*float64(i)/float64(n-1)
	}
	return ratios
}

// waves is ratios that go slowly up and down.
func waves(n int) []float64 {
	ratios := make([]float64, n)
	for i := range ratios {
		ratios[i] = 1 + 0.1*math.Sin(float64(i)/3)
	}
	return ratios
}

// TestFailureDecidesNothing: however clear the other rounds are.
func TestFailureDecidesNothing(t *testing.T) {
	trials := fixture.SeriesOfRatios(fixture.RatiosAround(20, 0.8, 0.01), nil)
	trials[len(trials)-1].Error = "the device under test ended"
	got, err := Compare(trials, CompareOptions{})
	if err != nil || len(got) != 1 || got[0].Verdict != results.VerdictInconclusive || got[0].Rounds != 19 {
		t.Errorf("%+v, %v", got, err)
	}
	if w := SeriesWarnings(trials); !slices.Contains(w, Warning(SeriesFailed{1})) {
		t.Errorf("warnings %+v", w)
	}
}

// TestHolmOverMetrics: what is no chance for one metric alone may be one among several.
func TestHolmOverMetrics(t *testing.T) {
	trials := fixture.SeriesOfRatios(fixture.RatiosAround(12, 0.97, 0.055), nil)
	alone, err := Compare(trials, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range trials {
		noise := fixture.RatiosAround(12, 100, 0.2)[i/2]
		trials[i].CPU = &results.CPU{DUTNsPerPacket: &noise, MachineNsPerPacket: new(noise * 2)}
	}
	among, err := Compare(trials, CompareOptions{})
	if err != nil || len(among) != 3 {
		t.Fatal(among, err)
	}
	if alone[0].PValue >= among[0].PValue || among[0].PValue > 3*alone[0].PValue+1e-12 {
		t.Errorf("p %v alone, %v among three", alone[0].PValue, among[0].PValue)
	}
}

// TestNarrowEnough looks at widths and at nothing else.
func TestNarrowEnough(t *testing.T) {
	for _, test := range []struct {
		ratios []float64
		want   bool
	}{
		{fixture.RatiosAround(20, 1, 0.01), true}, {fixture.RatiosAround(20, 0.5, 0.01), true}, {fixture.RatiosAround(20, 1, 0.1), false}, {fixture.RatiosAround(4, 1, 0.001), false}, {nil, false},
	} {
		got, err := Compare(fixture.SeriesOfRatios(test.ratios, nil), CompareOptions{})
		if err != nil || NarrowEnough(bareOf(got)) != test.want {
			t.Errorf("%v: %v, want %v (%+v, %v)", test.ratios, NarrowEnough(bareOf(got)), test.want, got, err)
		}
	}
}

// TestCompareMetrics: each metric has its own rounds; what only one arm has, has none.
func TestCompareMetrics(t *testing.T) {
	var trials []results.Trial
	for i := range 2 {
		a, b := fixture.ArmTrial(i, results.ArmA, 100), fixture.ArmTrial(i, results.ArmB, 50)
		a.LossRatio, b.LossRatio = new(0.0), new(0.5)
		a.CPU, b.CPU = &results.CPU{DUTNsPerPacket: new(200.0)}, &results.CPU{}
		a.LatencyNs, b.LatencyNs = fixture.Distribution(t, 1000), fixture.Distribution(t, 4000)
		trials = append(trials, a, b)
	}
	trials[0].LatencyNs = nil
	got, err := Compare(trials, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rounds := map[results.Metric]int{}
	for _, c := range got {
		rounds[c.Metric] = c.Rounds
	}
	if diff := cmp.Diff(map[results.Metric]int{results.MetricForwarded: 2, results.MetricDelivered: 2, results.Latency("p50"): 1, results.Latency("p99"): 1, results.MetricDUTCost: 0}, rounds); diff != "" {
		t.Errorf("rounds by metric (-want +got):\n%s", diff)
	}
}
