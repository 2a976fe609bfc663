package results

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	scenarioA = "dut=forwarder/load=50000/queues=1/size=64"
	scenarioB = "dut=wireguard-go/load=50000/size=64"
)

// armTrial is a trial of an arm with one figure.
func armTrial(round int, arm string, pps float64) Trial {
	t := Trial{Scenario: scenarioA, Round: round, Arm: arm, Start: sampleStart, Traffic: Traffic{ForwardedPps: &pps}}
	if arm == ArmB {
		t.Scenario = scenarioB
	}
	return t
}

// seriesOfRatios is a series in which B has the ratios to A, and the control those of control.
func seriesOfRatios(ratios, control []float64) []Trial {
	var trials []Trial
	for i, ratio := range ratios {
		trials = append(trials, armTrial(i, ArmA, 1000))
		mean := 1000.0
		if control != nil {
			trials = append(trials, armTrial(i, ArmControl, 1000*control[i]))
			mean = 1000 * (1 + control[i]) / 2
		}
		trials = append(trials, armTrial(i, ArmB, mean*ratio))
	}
	return trials
}

// ratiosAround is n ratios around a centre, evenly, by up to that much.
func ratiosAround(n int, centre, by float64) []float64 {
	ratios := make([]float64, n)
	for i := range ratios {
		// Not in ascending order, which would be a drift.
		place := float64(i*7%n)/float64(n-1) - 0.5
		ratios[i] = centre * math.Exp(2*by*place)
	}
	return ratios
}

// TestCompareRounds: which rounds have a ratio, and what it is.
func TestCompareRounds(t *testing.T) {
	failed, interrupted := armTrial(1, ArmB, 100), armTrial(2, ArmA, 100)
	failed.Error, interrupted.Interrupted = "ended", true
	plain := armTrial(0, "", 12345)
	for name, test := range map[string]struct {
		trials []Trial
		ratio  float64
		rounds int
	}{
		"nothing":                      {},
		"no arms":                      {[]Trial{plain}, 0, 0},
		"a pair":                       {[]Trial{armTrial(0, ArmA, 100), armTrial(0, ArmB, 300), plain}, 3, 1},
		"a round of four is its means": {[]Trial{armTrial(0, ArmA, 50), armTrial(0, ArmB, 300), armTrial(0, ArmB, 500), armTrial(0, ArmA, 150)}, 4, 1},
		"the control is A":             {[]Trial{armTrial(0, ArmA, 50), armTrial(0, ArmB, 300), armTrial(0, ArmControl, 150)}, 3, 1},
		"the centre of rounds, not the ratio of medians": {
			[]Trial{
				armTrial(0, ArmA, 100), armTrial(0, ArmB, 200), armTrial(1, ArmB, 4), armTrial(1, ArmA, 1), armTrial(2, ArmA, 1000), armTrial(2, ArmB, 8000),
			}, 4, 3,
		},
		"a failed trial takes its round along": {
			[]Trial{armTrial(0, ArmA, 100), armTrial(0, ArmB, 200), armTrial(1, ArmA, 100), armTrial(1, ArmB, 900), failed}, 2, 1,
		},
		"and so does one that was interrupted": {
			[]Trial{armTrial(0, ArmA, 100), armTrial(0, ArmB, 200), armTrial(2, ArmB, 1), interrupted}, 2, 1,
		},
		"an arm is missing": {[]Trial{armTrial(0, ArmA, 200), armTrial(1, ArmB, 100)}, 0, 0},
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
			if len(got) != 1 || got[0].Rounds != test.rounds || math.Abs(got[0].Ratio/test.ratio-1) > 1e-9 || got[0].Verdict != VerdictInconclusive {
				t.Errorf("%+v, want ratio %v of %d rounds, inconclusive", got, test.ratio, test.rounds)
			}
		})
	}
}

// TestVerdicts: what a series of forwarded packets comes to, at a margin of 2 %.
func TestVerdicts(t *testing.T) {
	still := ratiosAround(20, 1, 0.005)
	for name, test := range map[string]struct {
		trials []Trial
		want   Verdict
		warned Odd // of this kind; nil: of nothing
	}{
		"a loss":                          {seriesOfRatios(ratiosAround(20, 0.95, 0.02), still), VerdictWorse, nil},
		"a gain":                          {seriesOfRatios(ratiosAround(20, 1.05, 0.02), still), VerdictBetter, nil},
		"nothing":                         {seriesOfRatios(ratiosAround(20, 1.001, 0.01), still), VerdictSame, nil},
		"nothing, exactly":                {seriesOfRatios(slices.Repeat([]float64{1}, 20), nil), VerdictSame, nil},
		"a loss below the margin":         {seriesOfRatios(ratiosAround(20, 0.985, 0.002), still), VerdictSame, nil},
		"perhaps a loss":                  {seriesOfRatios(ratiosAround(20, 0.985, 0.04), still), VerdictInconclusive, nil},
		"noise":                           {seriesOfRatios(ratiosAround(20, 1, 0.3), still), VerdictInconclusive, nil},
		"few rounds":                      {seriesOfRatios(ratiosAround(4, 0.5, 0.01), nil), VerdictInconclusive, RoundsTooFew{}},
		"a control that moved":            {seriesOfRatios(ratiosAround(20, 0.95, 0.02), ratiosAround(20, 1.1, 0.01)), VerdictInconclusive, ControlMoved{}},
		"a control that moved a little":   {seriesOfRatios(ratiosAround(20, 0.95, 0.02), ratiosAround(20, 1.01, 0.001)), VerdictWorse, nil},
		"a drift":                         {seriesOfRatios(drift(20), nil), VerdictInconclusive, RatioDrifted{}},
		"rounds that resemble each other": {seriesOfRatios(waves(40), nil), VerdictInconclusive, RoundsAlike{}},
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
			if test.want != VerdictInconclusive && !(c.Low <= c.Ratio && c.Ratio <= c.High) {
				t.Errorf("%v not within %v to %v", c.Ratio, c.Low, c.High)
			}
		})
	}
}

// warns says whether a warning of some kind is among others.
func warns(odd []Odd, kind Odd) bool {
	return slices.ContainsFunc(odd, func(o Odd) bool { return reflect.TypeOf(o) == reflect.TypeOf(kind) })
}

// bareOf is comparisons without what is odd about them.
func bareOf(comparisons []ArmComparison) []Comparison {
	var records []Comparison
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
	trials := seriesOfRatios(ratiosAround(20, 0.8, 0.01), nil)
	trials[len(trials)-1].Error = "the device under test ended"
	got, err := Compare(trials, CompareOptions{})
	if err != nil || len(got) != 1 || got[0].Verdict != VerdictInconclusive || got[0].Rounds != 19 {
		t.Errorf("%+v, %v", got, err)
	}
	if w := SeriesWarnings(trials); !slices.Contains(w, Odd(SeriesFailed{1})) {
		t.Errorf("warnings %+v", w)
	}
}

// TestHolmOverMetrics: what is no chance for one metric alone may be one among several.
func TestHolmOverMetrics(t *testing.T) {
	trials := seriesOfRatios(ratiosAround(12, 0.97, 0.055), nil)
	alone, err := Compare(trials, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range trials {
		noise := ratiosAround(12, 100, 0.2)[i/2]
		trials[i].CPU = &CPU{DUTNsPerPacket: &noise, MachineNsPerPacket: new(noise * 2)}
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
		{ratiosAround(20, 1, 0.01), true}, {ratiosAround(20, 0.5, 0.01), true}, {ratiosAround(20, 1, 0.1), false}, {ratiosAround(4, 1, 0.001), false}, {nil, false},
	} {
		got, err := Compare(seriesOfRatios(test.ratios, nil), CompareOptions{})
		if err != nil || NarrowEnough(bareOf(got)) != test.want {
			t.Errorf("%v: %v, want %v (%+v, %v)", test.ratios, NarrowEnough(bareOf(got)), test.want, got, err)
		}
	}
}

// TestCompareMetrics: each metric has its own rounds; what only one arm has, has none.
func TestCompareMetrics(t *testing.T) {
	var trials []Trial
	for i := range 2 {
		a, b := armTrial(i, ArmA, 100), armTrial(i, ArmB, 50)
		a.LossRatio, b.LossRatio = new(0.0), new(0.5)
		a.CPU, b.CPU = &CPU{DUTNsPerPacket: new(200.0)}, &CPU{}
		a.LatencyNs, b.LatencyNs = distribution(t, 1000), distribution(t, 4000)
		trials = append(trials, a, b)
	}
	trials[0].LatencyNs = nil
	got, err := Compare(trials, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rounds := map[Metric]int{}
	for _, c := range got {
		rounds[c.Metric] = c.Rounds
	}
	if diff := cmp.Diff(map[Metric]int{MetricForwarded: 2, MetricDelivered: 2, Latency("p50"): 1, Latency("p99"): 1, MetricDUTCost: 0}, rounds); diff != "" {
		t.Errorf("rounds by metric (-want +got):\n%s", diff)
	}
}

// comparedRun has three rounds of two arms, of which one does not count.
func comparedRun(t testing.TB) *File {
	f := fileOf(Host{Time: sampleStart, Hostname: "bench-1"}, End{Status: Completed, Trials: 6})
	for round := range 3 {
		for _, arm := range []string{ArmA, ArmB} {
			trial := armTrial(round, arm, 1.2e6+1e5*float64(round))
			trial.ThroughputBps, trial.LossRatio, trial.LatencyNs = new(512e6), new(0.0), distribution(t, 20e3, 90e3)
			trial.CPU = &CPU{DUTNsPerPacket: new(700.0), MachineNsPerPacket: new(1500.0)}
			if arm == ArmB {
				*trial.ForwardedPps, *trial.LossRatio, trial.LatencyNs = 250e3, 0.75, distribution(t, 3e6, 9e6)
				trial.CPU.DUTNsPerPacket = new(3500.0)
			}
			f.Add(trial)
		}
	}
	f.Trials[3].Error = "ended"
	comparisons, err := Compare(f.Trials, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Recorded(comparisons) {
		f.Add(c)
	}
	return f
}

// TestComparisonOfOneScenario: the arms may be the same, which shows what the method is worth.
func TestComparisonOfOneScenario(t *testing.T) {
	f := comparedRun(t)
	for i := range f.Comparisons {
		f.Comparisons[i].ScenarioB = scenarioA
	}
	got, err := Table(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "A and B are the same") || !strings.Contains(got, "scenario: "+scenarioA) {
		t.Errorf("no word of it:\n%s", got)
	}
}
