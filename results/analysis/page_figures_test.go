package analysis

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

func TestSpreadsKeepEveryTrial(t *testing.T) {
	trials := fixture.Forwarding(fixture.SmallPackets, 5, 1, 4, 2, 3, 6, 99)
	trials[6].Error = "failed"
	few := fixture.Forwarding(fixture.LargePackets, 7, 8)
	got := Spreads(append(trials, few...), results.MetricForwarded)
	want := map[Repeats]Spread{
		{Scenario: fixture.SmallPackets}: {Values: []float64{5, 1, 4, 2, 3, 6}, Median: 3.5, Range: &Interval{1, 6}},
		{Scenario: fixture.LargePackets}: {Values: []float64{7, 8}, Median: 7.5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSpectraTakeTrialsTogether: a percentile that no packet lies above is none.
func TestSpectraTakeTrialsTogether(t *testing.T) {
	trials := fixture.Forwarding(fixture.SmallPackets, 1, 1)
	for i := range trials {
		var ns []int64
		for j := range 50 {
			ns = append(ns, int64(1000*(1+j+50*i)))
		}
		trials[i].LatencyNs = fixture.Distribution(t, ns...)
	}
	spectra, err := Spectra(trials)
	if err != nil || len(spectra) != 1 || spectra[0].Packets != 100 {
		t.Fatalf("%+v, %v; want one spectrum of 100 packets", spectra, err)
	}
	quantiles := spectra[0].Quantiles
	if last := quantiles[len(quantiles)-1]; last.Share != 0.99 {
		t.Errorf("the last share is %v, want 0.99 of 100 packets", last.Share)
	}
	for _, q := range quantiles {
		if want := 100_000 * q.Share; math.Abs(float64(q.Ns)-want) > 0.02*want+1100 {
			t.Errorf("%v of the packets took %d ns, want about %v", q.Share, q.Ns, want)
		}
	}
	trials[0].LatencyNs.Histogram = "torn"
	if _, err := Spectra(trials); err == nil {
		t.Error("a torn histogram was read")
	}
}

// TestSpectraAtTheBound: of 10,000 packets one lies above p99.99, of 9,999 none.
func TestSpectraAtTheBound(t *testing.T) {
	for packets, want := range map[int]float64{10_000: 0.9999, 9_999: 0.9998} {
		trials := fixture.Forwarding(fixture.SmallPackets, 1)
		ns := make([]int64, packets)
		for i := range ns {
			ns[i] = int64(1000 + i)
		}
		trials[0].LatencyNs = fixture.Distribution(t, ns...)
		spectra, err := Spectra(trials)
		if err != nil || len(spectra) != 1 {
			t.Fatalf("%+v, %v", spectra, err)
		}
		quantiles := spectra[0].Quantiles
		if last := quantiles[len(quantiles)-1].Share; last != want {
			t.Errorf("%d packets: the last share is %v, want %v", packets, last, want)
		}
	}
}

// TestCPUPartsAddUp to the machine, whatever the modes were counted by.
func TestCPUPartsAddUp(t *testing.T) {
	summary := func(figures map[results.Metric]float64) Summary {
		s := Summary{Stats: map[results.Metric]Stat{}}
		for m, v := range figures {
			s.Stats[m] = Stat{N: 1, Median: v}
		}
		return s
	}
	user, system := results.Metric("cpu.dut_user_ns_per_packet"), results.Metric("cpu.dut_system_ns_per_packet")
	for name, c := range map[string]struct {
		figures map[results.Metric]float64
		want    CPUParts
		ok      bool
	}{
		"modes":          {map[results.Metric]float64{results.MetricMachineCost: 1000, results.MetricDUTCost: 400, user: 50, system: 150}, CPUParts{ProgramUser: 100, ProgramSystem: 300, Rest: 600}, true},
		"no modes":       {map[results.Metric]float64{results.MetricMachineCost: 1000, results.MetricDUTCost: 400}, CPUParts{Program: 400, Rest: 600}, true},
		"no process":     {map[results.Metric]float64{results.MetricMachineCost: 1000}, CPUParts{Rest: 1000}, true},
		"sampled coarse": {map[results.Metric]float64{results.MetricMachineCost: 300, results.MetricDUTCost: 400}, CPUParts{Program: 400}, true},
		"a tunnel":       {map[results.Metric]float64{results.MetricMachineCost: 1000, results.MetricDUTCost: 700, results.MetricEndA: 300, results.MetricEndB: 400}, CPUParts{EndA: 300, EndB: 400, Rest: 300}, true},
		"no machine":     {map[results.Metric]float64{results.MetricDUTCost: 400}, CPUParts{}, false},
	} {
		if got, ok := CPUPartsOf(summary(c.figures)); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %v; want %+v, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestQueuesOf(t *testing.T) {
	trials := fixture.Forwarding(fixture.SmallPackets, 1, 1)
	for i := range trials {
		trials[i].Queues = []results.Queue{{Queue: 0, AToBPackets: 10, BToAPackets: 20}, {Queue: 2, AToBPackets: 10}, {Queue: 1 << 40}, {Queue: -1}}
		trials[i].Reordered = new(int64(i))
	}
	got := QueuesOf(append(trials, fixture.Forwarding(fixture.LargePackets, 1)...))
	want := []QueueShares{{Repeats{Scenario: fixture.SmallPackets}, []int64{60, 0, 20}, new(int64(1))}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{0.75, 0, 0.25}, got[0].Balance()); diff != "" {
		t.Errorf("balance (-want +got):\n%s", diff)
	}
}

// TestRoundSeriesAgreesWithCompare: the rounds of a plot are those that the verdict rests on.
func TestRoundSeriesAgreesWithCompare(t *testing.T) {
	trials := []results.Trial{
		fixture.ArmTrial(0, results.ArmA, 100), fixture.ArmTrial(0, results.ArmB, 150), fixture.ArmTrial(0, results.ArmControl, 100),
		fixture.ArmTrial(1, results.ArmA, 100), fixture.ArmTrial(1, results.ArmB, 0),
		fixture.ArmTrial(2, results.ArmA, 0), fixture.ArmTrial(2, results.ArmB, 1),
		fixture.ArmTrial(3, results.ArmA, 100),
	}
	trials[1].CPU = &results.CPU{StealRatio: new(0.2), DistanceNs: new(90.0)}
	trials[2].CPU = &results.CPU{StealRatio: new(0.1)}
	got := RoundSeries(trials, results.MetricForwarded)
	want := []RoundPoint{
		{Round: 0, Start: fixture.Start, Ratio: new(1.5), Control: new(1.0), Steal: new(0.2), DistanceNs: new(90.0)},
		{Round: 1, Start: fixture.Start, Ratio: new(0.0)},
		{Round: 2, Start: fixture.Start},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0), cmpopts.EquateApproxTime(time.Hour)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLevelPairs(t *testing.T) {
	s := fixture.FullSweep(fixture.OffloadKnobs(), 1)
	pairs := LevelPairs(s, fixture.Simulate(s, fixture.OffloadTruth, 0, 1))
	if len(pairs) != 6 {
		t.Fatalf("%d pairs of 4 knobs, want 6", len(pairs))
	}
	for _, p := range pairs {
		if p.Rows.Key != "engine" || p.Columns.Key != "offload" {
			continue
		}
		if ratio := *p.Means[1][0] / *p.Means[0][0]; math.Abs(ratio-1.8) > 1e-6 {
			t.Errorf("engine=uring is %v times sync without offloads, want 1.8", ratio)
		}
	}
	empty := LevelPairs(s, nil)[0]
	if _, _, ok := empty.Range(); ok || empty.Means[0][0] != nil {
		t.Error("a mean of no trial")
	}
	few := LevelPair{Means: [][]*float64{{new(4.0), nil}, {new(2.0), new(6.0)}}}
	if low, high, ok := few.Range(); low != 2 || high != 6 || !ok || few.Rank(2) != 0 || few.Rank(4) != 0.5 || few.Rank(6) != 1 {
		t.Errorf("from %v to %v, %t; 4 lies at %v", low, high, ok, few.Rank(4))
	}
	if one := (LevelPair{Means: [][]*float64{{new(3.0)}}}); one.Rank(3) != 0.5 {
		t.Errorf("a mean alone lies at %v", one.Rank(3))
	}
}

func TestTimelineKeepsExtremes(t *testing.T) {
	trials := fixture.Forwarding(fixture.SmallPackets, 1, 9, 2, 5, 7)
	for i := range trials {
		trials[i].Start = fixture.Start.Add(time.Duration(i) * time.Second)
	}
	got := Timeline(trials, fixture.SmallPackets, results.PhasePlain, results.MetricForwarded, 2)
	want := []TimePoint{{0, 2, 1, 9, 3}, {3, 6, 5, 7, 2}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTimelineGoesByTime: a file may have its trials in another order.
func TestTimelineGoesByTime(t *testing.T) {
	trials := fixture.Forwarding(fixture.SmallPackets, 3, 1, 2)
	for i, second := range []int{20, 0, 10} {
		trials[i].Start = fixture.Start.Add(time.Duration(second) * time.Second)
	}
	got := Timeline(trials, fixture.SmallPackets, results.PhasePlain, results.MetricForwarded, 10)
	want := []TimePoint{{0, 1, 1, 1, 1}, {10, 2, 2, 2, 1}, {20, 3, 3, 3, 1}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLedgerShares(t *testing.T) {
	ledger := results.Ledger{{Place: results.PlaceSink, Packets: 60}, {Place: results.PlaceReadByForwarder, Packets: 80}, {Place: results.PlaceIntended, Packets: 100}, {Place: results.PlaceQdisc, Packets: 30}}
	want := []LedgerShare{{results.PlaceQdisc, 30, 0.3}, {results.PlaceSink, 60, 0.6}, {results.PlaceUnaccounted, 10, 0.1}}
	if diff := cmp.Diff(want, LedgerShares(ledger)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := LedgerShares(results.Ledger{{Place: results.PlaceSink, Packets: 60}}); got != nil {
		t.Errorf("shares of nothing: %v", got)
	}
}

func TestDistortions(t *testing.T) {
	for name, c := range map[string]struct {
		host results.Host
		want []Distortion
	}{
		"nothing known": {results.Host{}, nil},
		"a large host":  {results.Host{Cores: 8, CPUsAllowed: "0-7", Virtualization: "none", Clocksource: "tsc"}, nil},
		"a guest":       {fixture.Host(), []Distortion{DistortVirtual, DistortFewCPUs}},
		"emulated":      {results.Host{Emulated: true, Virtualization: "qemu"}, []Distortion{DistortEmulated}},
		"confined":      {results.Host{Cores: 8, CPUsAllowed: "0-1,4", Clocksource: "hpet"}, []Distortion{DistortConfined, DistortClocksource}},
	} {
		if diff := cmp.Diff(c.want, Distortions(c.host)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
