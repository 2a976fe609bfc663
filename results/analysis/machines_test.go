package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// judged makes records of comparisons, as a run leaves them.
func judged(t testing.TB) func([]results.Trial) []results.Comparison {
	return func(trials []results.Trial) []results.Comparison {
		compared, err := Compare(trials, CompareOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return records(compared)
	}
}

// unjudged makes records without a verdict, where many fleets are looked at for what they say together.
func unjudged([]results.Trial) []results.Comparison {
	return []results.Comparison{
		{ScenarioA: "a", ScenarioB: "b", Metric: results.MetricForwarded, Margin: 0.02, Verdict: results.VerdictInconclusive},
		{ScenarioA: "a", ScenarioB: "b", Metric: results.MetricDUTCost, Margin: 0.03, Verdict: results.VerdictInconclusive},
	}
}

// forwardedOf is what machines say of the packets that were forwarded.
func forwardedOf(t testing.TB, f *results.File) (Across, FleetComparison) {
	t.Helper()
	fleet, err := FleetOf(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(fleet.Comparisons) != 1 || len(fleet.Comparisons[0].Metrics) == 0 || fleet.Comparisons[0].Metrics[0].Metric != results.MetricForwarded {
		t.Fatalf("comparisons: %+v", fleet.Comparisons)
	}
	return fleet.Comparisons[0].Metrics[0], fleet.Comparisons[0]
}

// goes is the names that go with the difference.
func goes(a Across) (names [][]string) {
	for _, g := range a.Goes {
		names = append(names, g.Names)
	}
	return names
}

// TestKernelThatMatters: of machines on which the kernel decides and the CPU does not, the kernel is named, and its levels have the ratios that were planted.
func TestKernelThatMatters(t *testing.T) {
	planted := fixture.PlantedFleet(1, 12, 1.12, 0.005)
	a, _ := forwardedOf(t, fixture.Merged(1, 12, planted, judged(t)))
	if a.Alike != AlikeDiffer || a.Counted() != 12 {
		t.Fatalf("alike: %s, p %v, %d counted, want a difference of 12", a.Alike, a.PValue, a.Counted())
	}
	if got := fmt.Sprint(goes(a)); got != "[[kernel]]" {
		t.Errorf("goes with %s", got)
	}
	levels := a.Goes[0].Levels
	if len(levels) != 2 || levels[0].Value != fixture.NewKernel || levels[0].Machines != 6 || math.Abs(levels[0].Ratio-1.12) > 0.02 || levels[1].Value != fixture.OldKernel || math.Abs(levels[1].Ratio-1) > 0.02 {
		t.Errorf("levels: %+v", levels)
	}
	if !slices.Contains(a.Tested, "CPU model") {
		t.Errorf("tested: %v, want the CPU too", a.Tested)
	}
	if better := a.Count(results.VerdictBetter); better != 6 {
		t.Errorf("better on %d machines, want those 6 with the new kernel", better)
	}
}

// TestPropertiesOverManyFleets: the property that matters is found, another one is blamed no more often than promised.
func TestPropertiesOverManyFleets(t *testing.T) {
	t.Parallel()
	const fleets = 60
	found, wrong := 0, 0
	for seed := range uint64(fleets) {
		a, _ := forwardedOf(t, fixture.Merged(seed, 8, fixture.PlantedFleet(seed, 12, 1.1, 0.01), unjudged))
		for _, g := range a.Goes {
			if slices.Contains(g.Names, "kernel") {
				found++
			} else {
				wrong++
			}
		}
	}
	t.Logf("found %d, another blamed %d of %d", found, wrong, fleets)
	if found < 55 {
		t.Errorf("the kernel was found in %d of %d fleets", found, fleets)
	}
	if wrong > 8 { // 3 expected at most
		t.Errorf("another property was blamed in %d of %d fleets", wrong, fleets)
	}
}

// TestMachinesOfTheirOwn: machines that differ for no reason on record are said to differ, and no property is blamed more often than promised.
func TestMachinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	const fleets = 100
	differ, blamed := 0, 0
	for seed := range uint64(fleets) {
		a, _ := forwardedOf(t, fixture.Merged(seed, 8, fixture.PlantedFleet(seed, 12, 1, 0.05), unjudged))
		if a.Alike == AlikeDiffer {
			differ++
		}
		if len(a.Goes) > 0 {
			blamed++
		}
	}
	t.Logf("differ %d, a property blamed %d of %d", differ, blamed, fleets)
	if differ < 98 {
		t.Errorf("differ in %d of %d", differ, fleets)
	}
	if blamed > 13 { // 5 expected at most
		t.Errorf("a property was blamed in %d of %d", blamed, fleets)
	}
}

// TestMachinesThatAreAlike: machines with one and the same ratio, whose rounds are noisy each in its own way, are said to differ no more often than promised, over
// all metrics together; and the interval holds the ratio.
func TestMachinesThatAreAlike(t *testing.T) {
	t.Parallel()
	const fleets = 300
	for _, machines := range []int{2, 3, 12} {
		alarms, missed := 0, 0
		for seed := range uint64(fleets) {
			fleet, err := FleetOf(fixture.Merged(seed, 10, fixture.PlantedFleet(seed, machines, 1, 0), unjudged))
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(fleet.Comparisons[0].Metrics, func(a Across) bool { return a.PValue < Significance }) {
				alarms++
			}
			if p := fleet.Comparisons[0].Metrics[0].Pooled; p.Low > 0 || p.High < 0 {
				missed++
			}
		}
		t.Logf("%d machines: false alarms %d, intervals without the ratio %d of %d", machines, alarms, missed, fleets)
		if most := 30; alarms > most || missed > most { // 15 expected, four standard deviations are 15
			t.Errorf("%d machines: %d false alarms, %d intervals without the ratio of %d, want at most %d", machines, alarms, missed, fleets, most)
		}
	}
}

// TestKernelAndCPUGoTogether: where every machine with the new kernel has the other CPU, neither is named alone.
func TestKernelAndCPUGoTogether(t *testing.T) {
	planted := fixture.PlantedFleet(3, 12, 1.12, 0.005)
	for i := range planted {
		planted[i].CPUModel = map[string]string{fixture.OldKernel: fixture.AMD, fixture.NewKernel: fixture.Intel}[planted[i].Kernel]
	}
	a, _ := forwardedOf(t, fixture.Merged(3, 12, planted, nil))
	if got := fmt.Sprint(goes(a)); got != "[[kernel CPU model]]" {
		t.Errorf("goes with %s", got)
	}
	// One machine less than all: they still cannot be told apart.
	planted[0].CPUModel = fixture.Intel
	a, _ = forwardedOf(t, fixture.Merged(3, 12, planted, nil))
	if got := fmt.Sprint(goes(a)); got != "[[kernel CPU model]]" {
		t.Errorf("with one exception: goes with %s", got)
	}
}

// TestModelsOfOneVendor: each CPU model is of one vendor, and two machines have each: it may be the vendor or the models.
func TestModelsOfOneVendor(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	planted := make([]fixture.Planted, 12)
	for i := range planted {
		vendor, ratio := "AMD EPYC", 1.0
		if i%2 == 1 {
			vendor, ratio = "Intel Xeon", 1.15
		}
		planted[i] = fixture.Planted{Host: fixture.PlantedHost(i, fixture.OldKernel, fmt.Sprintf("%s %d", vendor, i/4)), Ratio: ratio * math.Exp(0.005*random.NormFloat64()), Noise: 0.01}
	}
	a, _ := forwardedOf(t, fixture.Merged(4, 12, planted, nil))
	if got := fmt.Sprint(goes(a)); got != "[[CPU vendor CPU model]]" {
		t.Errorf("goes with %s", got)
	}
	// With a model for each machine the models share nothing that could be behind it.
	for i := range planted {
		planted[i].CPUModel += fmt.Sprint(" step ", i)
	}
	a, _ = forwardedOf(t, fixture.Merged(4, 12, planted, nil))
	if got := fmt.Sprint(goes(a)); got != "[[CPU vendor]]" {
		t.Errorf("a model each: goes with %s", got)
	}
}

// TestFewMachines: two or three machines can be shown to differ, and nothing is said of why.
func TestFewMachines(t *testing.T) {
	for _, n := range []int{2, 3, 4} {
		a, c := forwardedOf(t, fixture.Merged(5, 12, fixture.PlantedFleet(5, n, 1.2, 0.001), nil))
		if a.Alike != AlikeDiffer || len(a.Goes) > 0 || len(a.Tested) > 0 || !slices.Contains(c.Untold, "kernel") {
			t.Errorf("%d machines: %s, goes with %v, tested %v, untold %v", n, a.Alike, goes(a), a.Tested, c.Untold)
		}
	}
	a, _ := forwardedOf(t, fixture.Merged(5, 12, fixture.PlantedFleet(5, 1, 1.2, 0.001), nil))
	if a.Alike != AlikeUnknown || a.Pooled != nil || a.PValue != 1 || a.Count(results.VerdictInconclusive)+a.Count(results.VerdictSame) != 1 {
		t.Errorf("one machine: %+v", a)
	}
}

// TestShardsOfTwoHosts: two hosts that measured a plan six times each are two hosts, and what differs between them is not blamed.
func TestShardsOfTwoHosts(t *testing.T) {
	f := fixture.Merged(8, 12, fixture.PlantedFleet(8, 12, 1.2, 0.001), nil)
	for i, shard := range f.Shards {
		shard.Shard.HostID = fmt.Sprint(i % 2)
	}
	a, c := forwardedOf(t, f)
	if len(a.Goes) > 0 || len(a.Tested) > 0 || !slices.Contains(c.Untold, "kernel") {
		t.Errorf("goes with %v, tested %v, untold %v", goes(a), a.Tested, c.Untold)
	}
}

// TestMachineWithoutRatio: a machine on which B brought nothing through is worse, and no part of the mean.
func TestMachineWithoutRatio(t *testing.T) {
	f := fixture.Merged(6, 12, fixture.PlantedFleet(6, 5, 1, 0), nil)
	for i, trial := range f.Shards[2].Trials {
		if trial.Arm == results.ArmB && trial.Round == 4 {
			f.Shards[2].Trials[i].ForwardedPps = new(0.0)
		}
	}
	a, _ := forwardedOf(t, f)
	if a.Counted() != 4 || a.On[2].Counted() || a.On[2].Verdict != results.VerdictWorse || a.Count(results.VerdictWorse) != 1 || math.Abs(a.Pooled.Center) > 0.03 {
		t.Errorf("%d counted, third machine %s, mean %v", a.Counted(), a.On[2].Verdict, a.Pooled.Center)
	}
}

// TestRunOnMachines: programs of a run are set against the reference under the same load, or against the first of them.
func TestRunOnMachines(t *testing.T) {
	merged := fixture.Merged(7, 0, fixture.PlantedFleet(7, 4, 1, 0), nil)
	for i, shard := range merged.Shards {
		for _, load := range []string{"load=1000", "load=max"} {
			shard.Trials = append(shard.Trials, fixture.Forwarding("dut=forwarder/"+load, fixture.Around(1000, 0.02, 8)...)...)
			shard.Trials = append(shard.Trials, fixture.Forwarding("dut=mine/"+load, fixture.Around(800, 0.02, 8)...)...)
		}
		shard.Trials = append(shard.Trials, fixture.Forwarding("dut=route/load=max", fixture.Around(500, 0.02, 8)...)...)
		if i == 3 {
			shard.Trials = append(shard.Trials, fixture.Forwarding("dut=other/load=max", 1, 2)...)
		}
	}
	fleet, err := FleetOf(merged)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range fleet.Comparisons {
		got = append(got, fmt.Sprintf("%s / %s on %d: %.2f", c.ScenarioB, c.ScenarioA, len(c.Metrics[0].On), c.Metrics[0].On[0].Ratio))
	}
	want := []string{
		"dut=mine/load=1000 / dut=forwarder/load=1000 on 4: 0.80", "dut=forwarder/load=max / dut=route/load=max on 4: 2.00", "dut=mine/load=max / dut=route/load=max on 4: 1.60",
		"dut=other/load=max / dut=route/load=max on 1: 0.00",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
