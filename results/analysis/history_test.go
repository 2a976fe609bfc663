package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

const (
	ours  = "dut=forwarder/load=max/proto=udp/queues=1/size=64"
	route = "dut=route/load=max/proto=udp/size=64"
)

// runsOf is files a day apart, each with three rounds of ours and of route. The machine's speed wanders by a third; ours is that times factor(run).
func runsOf(n int, seed uint64, factor func(run int) float64) []*results.File {
	random := rand.New(rand.NewPCG(seed, 3))
	files := make([]*results.File, n)
	machine := 1.0
	for i := range files {
		machine = min(max(machine*math.Exp(0.1*random.NormFloat64()), 0.7), 1.4)
		host := fixture.Host()
		host.Time = fixture.Start.Add(time.Duration(i) * 24 * time.Hour)
		var ourPps, routePps []float64
		for range 3 {
			moment := machine * math.Exp(0.02*random.NormFloat64())
			ourPps = append(ourPps, 1e6*moment*factor(i)*math.Exp(0.015*random.NormFloat64()))
			routePps = append(routePps, 4e5*moment*math.Exp(0.015*random.NormFloat64()))
		}
		files[i] = fixture.FileOfTrials(fixture.Forwarding(ours, ourPps...), fixture.Forwarding(route, routePps...))
		files[i].Host = host
	}
	return files
}

func steady(int) float64 { return 1 }

func slowerFrom(place int) func(int) float64 {
	return func(run int) float64 {
		if run >= place {
			return 0.95
		}
		return 1
	}
}

func historyOf(t testing.TB, files []*results.File, o HistoryOptions) *History {
	t.Helper()
	h, err := NewHistory(files, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// seriesOf is the series of a scenario's packet rate.
func seriesOf(t testing.TB, h *History, scenario string) Series {
	t.Helper()
	for _, s := range h.Series {
		if s.Scenario == scenario && s.Metric == results.MetricForwarded {
			return s
		}
	}
	t.Fatalf("no series of %s in %d", scenario, len(h.Series))
	return Series{}
}

// TestHistoryFindsWhatChanged: 5 % less, planted among runs of a machine that wanders by a third, is found within two runs of its place.
func TestHistoryFindsWhatChanged(t *testing.T) {
	files := runsOf(60, 1, slowerFrom(52))
	h := historyOf(t, files, HistoryOptions{})
	s := seriesOf(t, h, ours)
	if s.Reference != route || len(s.Points) != 60 {
		t.Errorf("reference %q, %d points", s.Reference, len(s.Points))
	}
	if len(s.Changes) != 1 || s.Changes[0].At < 50 || s.Changes[0].At > 54 || s.Changes[0].Verdict != results.VerdictWorse {
		t.Errorf("changes %+v", s.Changes)
	}
	if got := h.Verdict(); got != results.VerdictWorse {
		t.Errorf("verdict %s", got)
	}
	if got := historyOf(t, files, HistoryOptions{Recent: 5}).Verdict(); got != results.VerdictSame {
		t.Errorf("verdict of the last five runs is %s", got)
	}
	if got := historyOf(t, runsOf(60, 2, steady), HistoryOptions{}); len(seriesOf(t, got, ours).Changes) != 0 || got.Verdict() != results.VerdictSame {
		t.Errorf("without a change: %+v", seriesOf(t, got, ours).Changes)
	}
	absolute := historyOf(t, files, HistoryOptions{Absolute: true})
	if s := seriesOf(t, absolute, ours); s.Reference != "" || math.Abs(s.Points[0].Value/(*files[0].Trials[1].ForwardedPps)-1) > 0.2 {
		t.Errorf("absolute: %+v", s.Points[0])
	}
	seriesOf(t, absolute, route) // is there, too
}

// TestHistoryOrder: files come in any order; points are in that of their time.
func TestHistoryOrder(t *testing.T) {
	files := runsOf(8, 1, steady)
	files[0], files[5] = files[5], files[0]
	h, err := NewHistory(files, []string{"a", "b", "c", "d", "e", "f"}, HistoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(h.Runs); i++ {
		if !h.Runs[i].Time.After(h.Runs[i-1].Time) {
			t.Errorf("run %d of %s is behind %s", i, h.Runs[i].Time, h.Runs[i-1].Time)
		}
	}
	if h.Runs[0].Path != "f" || h.Runs[7].Path != "" {
		t.Errorf("paths %+v", h.Runs)
	}
}

func TestReferenceOf(t *testing.T) {
	const tcp = "dut=route/load=max/proto=tcp"
	for _, test := range []struct {
		scenario string
		among    []string
		want     string
	}{
		{ours, []string{ours, "dut=veth/load=max/proto=udp/size=64", route, tcp}, route},
		{ours, []string{ours, "dut=route/load=max/proto=udp/size=1400", tcp}, ""},
		{ours, []string{ours, "dut=veth/load=max/proto=udp/size=64"}, "dut=veth/load=max/proto=udp/size=64"},
		{route, []string{ours, route, "dut=veth/load=max/proto=udp/size=64"}, ""},
		{"dut=mine/load=max/proto=tcp", []string{"dut=netpoll/load=max/proto=tcp/queues=1", tcp}, tcp},
	} {
		if got := referenceOf(test.scenario, test.among); got != test.want {
			t.Errorf("reference of %s among %s is %q, want %q", test.scenario, test.among, got, test.want)
		}
	}
}

// TestHistoryWithoutReference: a change of a figure that stands alone may be the machine's.
func TestHistoryWithoutReference(t *testing.T) {
	files := runsOf(30, 4, func(run int) float64 { return math.Pow(0.5, float64(run/25)) })
	for _, f := range files {
		f.Trials = f.Trials[:3]
	}
	h := historyOf(t, files, HistoryOptions{})
	if s := seriesOf(t, h, ours); s.Reference != "" || len(s.Changes) == 0 || s.Changes[len(s.Changes)-1].Verdict != results.VerdictWorse {
		t.Errorf("%+v", s.Changes)
	}
	if got := h.Verdict(); got != results.VerdictInconclusive {
		t.Errorf("verdict %s", got)
	}
}

// TestHistoryNamesTheHost: where the kernel changed with the level, the change is not the program's alone.
func TestHistoryNamesTheHost(t *testing.T) {
	files := runsOf(30, 6, slowerFrom(22))
	h := historyOf(t, files, HistoryOptions{})
	place := seriesOf(t, h, ours).Changes[0].At
	for i, f := range files {
		if f.Host.Kernel = "6.1"; i >= place {
			f.Host.Kernel = "6.12"
		}
		f.Host.Hostname = time.Duration(i).String() // changes all the time, and so explains nothing
	}
	h = historyOf(t, files, HistoryOptions{})
	want := []Difference{{"kernel", "6.1", "6.12"}}
	if diff := cmp.Diff(want, seriesOf(t, h, ours).Changes[0].Host); diff != "" {
		t.Errorf("host (-want +got):\n%s", diff)
	}
	if got := h.Verdict(); got != results.VerdictInconclusive {
		t.Errorf("verdict %s", got)
	}
}

// TestHistoryStates: that CPUs are far from each other in some runs costs 20 %, which is no change, and does not hide one of 5 %.
func TestHistoryStates(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	far := make([]bool, 60)
	for i := range far {
		far[i] = random.Float64() < 0.4
	}
	factor := func(run int) float64 {
		if far[run] {
			return 0.8 * slowerFrom(30)(run)
		}
		return slowerFrom(30)(run)
	}
	files := runsOf(60, 8, factor)
	for i, f := range files {
		distance := 90.0
		if far[i] {
			distance = 600
		}
		for k := range f.Trials {
			f.Trials[k].CPU = &results.CPU{DistanceNs: &distance}
		}
	}
	s := seriesOf(t, historyOf(t, files, HistoryOptions{}), ours)
	if s.States == nil || math.Abs(s.States.Ratio-0.8) > 0.03 {
		t.Errorf("states %+v", s.States)
	}
	if len(s.Changes) != 1 || s.Changes[0].At < 28 || s.Changes[0].At > 32 {
		t.Errorf("changes %+v", s.Changes)
	}
}

// TestHistoryOfComparisons: the ratio that ab and gate found is a series as it stands.
func TestHistoryOfComparisons(t *testing.T) {
	var files []*results.File
	for i := range 12 {
		host := fixture.Host()
		host.Time = fixture.Start.Add(time.Duration(i) * time.Hour)
		ratio := 1 + 0.001*float64(i%3)
		if i >= 6 {
			ratio -= 0.1
		}
		c := results.Comparison{ScenarioA: ours, ScenarioB: ours, Metric: results.MetricForwarded, Ratio: ratio, Rounds: 7}
		files = append(files, fixture.File(host, c, results.Comparison{ScenarioA: ours, ScenarioB: ours, Metric: results.MetricForwarded}))
	}
	s := seriesOf(t, historyOf(t, files, HistoryOptions{}), ours)
	if s.Reference != ours || len(s.Points) != 12 || len(s.Changes) != 1 || s.Changes[0].At != 6 {
		t.Errorf("%+v", s)
	}
}

// TestHistoryOfGateThatRepeats: a gate measures what is worse once more; a run is one point all the same.
func TestHistoryOfGateThatRepeats(t *testing.T) {
	var files []*results.File
	for i := range LeastRuns {
		host := fixture.Host()
		host.Time = fixture.Start.Add(time.Duration(i) * time.Hour)
		c := results.Comparison{ScenarioA: ours, ScenarioB: ours, Metric: results.MetricForwarded, Ratio: 0.9, Rounds: 7}
		again := c
		again.Series, again.Ratio = 1, 1.0
		files = append(files, fixture.File(host, c, again))
	}
	if s := seriesOf(t, historyOf(t, files, HistoryOptions{}), ours); len(s.Points) != LeastRuns || math.Abs(s.Points[0].Value-0.95) > 1e-9 {
		t.Errorf("%+v", s.Points)
	}
}

// TestHistoryGivenUp: a scenario that nobody has measured for a while is not missed.
func TestHistoryGivenUp(t *testing.T) {
	files := runsOf(25, 1, steady)
	for _, f := range files[12:] {
		f.Trials = append(f.Trials[:3], fixture.Forwarding("dut=forwarder/load=max/proto=tcp", 5)...)
	}
	for _, f := range files[:12] {
		f.Trials = append(f.Trials, fixture.Forwarding("dut=forwarder/load=1000/proto=udp", 5)...)
	}
	h := historyOf(t, files, HistoryOptions{})
	if s := seriesOf(t, h, "dut=forwarder/load=1000/proto=udp"); s.Gone != nil {
		t.Errorf("missed: %+v", s.Gone)
	}
}

// TestRegression: changes within the margin neither hide a change for the worse nor add up unseen.
func TestRegression(t *testing.T) {
	for name, test := range map[string]struct {
		ratios []float64 // of the changes, one every five runs
		recent int
		want   float64 // 0: no regression
	}{
		"none":                        {nil, 30, 0},
		"worse":                       {[]float64{0.95}, 30, 0.95},
		"long ago":                    {[]float64{0.95}, 4, 0},
		"worse, then within":          {[]float64{0.95, 1.005}, 30, 0.95 * 1.005},
		"small steps":                 {[]float64{0.985, 0.985, 0.985}, 30, 0.985 * 0.985 * 0.985},
		"small steps, one of them":    {[]float64{0.985, 0.985, 0.985}, 5, 0},
		"worse, then as before":       {[]float64{0.95, 1 / 0.95}, 30, 0},
		"better, then worse":          {[]float64{1.2, 0.95}, 30, 0.95},
		"better, then within, at all": {[]float64{1.2, 0.99}, 30, 0},
	} {
		s := Series{Metric: results.MetricForwarded, Reference: route, Levels: []HistoryLevel{{0, 5, 1}}}
		for run := range 5 * (len(test.ratios) + 1) {
			s.Points = append(s.Points, Point{Run: run})
		}
		for i, ratio := range test.ratios {
			at := 5 * (i + 1)
			s.Levels = append(s.Levels, HistoryLevel{at, at + 5, s.Levels[i].Median * ratio})
			s.Changes = append(s.Changes, Change{At: at, Ratio: ratio, Verdict: verdictOfChange(s.Metric, ratio)})
		}
		h := &History{Options: HistoryOptions{Recent: test.recent}, Runs: slices.Repeat([]Run{{plain: true}}, len(s.Points)), Series: []Series{s}}
		got, verdict := 0.0, results.VerdictSame
		if c := h.Regression(s); c != nil {
			got = c.Ratio
		}
		if test.want != 0 {
			verdict = results.VerdictWorse
		}
		if math.Abs(got-test.want) > 1e-9 || h.Verdict() != verdict {
			t.Errorf("%s: a regression of %v and verdict %s, want %v and %s", name, got, h.Verdict(), test.want, verdict)
		}
	}
}

// TestHistoryOnce: a scenario that was measured once among the newest runs is no question that stays open.
func TestHistoryOnce(t *testing.T) {
	files := runsOf(10, 1, steady)
	files[7].Trials = append(files[7].Trials, fixture.Forwarding("dut=forwarder/load=1000/proto=udp", 5)...)
	if got := historyOf(t, files, HistoryOptions{}).Verdict(); got != results.VerdictSame {
		t.Errorf("verdict %s", got)
	}
}

func TestHistoryOfFew(t *testing.T) {
	h := historyOf(t, runsOf(LeastRuns-1, 1, steady), HistoryOptions{})
	if len(h.Series) != 0 || len(h.Short) == 0 || h.Verdict() != results.VerdictInconclusive {
		t.Errorf("%d series, %d short, verdict %s", len(h.Series), len(h.Short), h.Verdict())
	}
	if _, err := NewHistory([]*results.File{fixture.File(fixture.Host())}, nil, HistoryOptions{}); err == nil {
		t.Error("a history of nothing")
	}
}

// historyRates is in how many of some histories of 60 runs a change of 5 % is found within two runs of its place, and in how many without one an alarm is raised.
func historyRates(t testing.TB, histories int) (alarms, found int) {
	for i := range histories {
		if len(seriesOf(t, historyOf(t, runsOf(60, uint64(i), steady), HistoryOptions{}), ours).Changes) > 0 {
			alarms++
		}
		place := 10 + 40*i/histories
		for _, c := range seriesOf(t, historyOf(t, runsOf(60, uint64(100+i), slowerFrom(place)), HistoryOptions{}), ours).Changes {
			if c.At >= place-2 && c.At <= place+2 {
				found++
				break
			}
		}
	}
	return alarms, found
}

// TestHistoryRates is a small part of [BenchmarkHistoryRates], since the race detector makes it slow.
func TestHistoryRates(t *testing.T) {
	if alarms, found := historyRates(t, 4); alarms > 0 || found < 4 {
		t.Errorf("%d alarms and %d found in 4 histories", alarms, found)
	}
}

// BenchmarkHistoryRates prints the rates over 100 histories.
func BenchmarkHistoryRates(b *testing.B) {
	const histories = 100
	for b.Loop() {
		alarms, found := historyRates(b, histories)
		b.ReportMetric(float64(alarms)/histories, "alarms/history")
		b.ReportMetric(float64(found)/histories, "found/history")
	}
}
