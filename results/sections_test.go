package results

import (
	"strings"
	"testing"
)

// calibratedRun has two paths, one of which could not be calibrated to the end.
func calibratedRun(t testing.TB) *File {
	tun, tap := sampleCalibration(t), sampleCalibration(t)
	tun.Scenario, tun.Error = "dev=tun/dut=veth/size=64", ""
	tap.Scenario, tap.MaxOfferedPps, tap.LatenessNs, tap.Notes = "dev=tap/dut=veth/size=64", new(6.31e6), nil, nil
	return fileOf(Host{Time: sampleStart, Hostname: "bench-1"}, tun, tap, End{Status: Completed})
}

// searchedRun has a regular search with its latencies, an irregular one, one that failed, and trials of all of them.
func searchedRun(t testing.TB) *File {
	f := fileOf(Host{Time: sampleStart, Hostname: "bench-1"}, End{Status: Completed, Trials: 9})
	regular := sampleSearch()
	regular.Goals[1].RelevantLowerBoundPps, regular.Goals[1].RelevantUpperBoundPps = new(451000.0), new(453000.0)
	regular.Goals[1].ConditionalThroughputPps, regular.Goals[1].Regular, regular.Goals[1].Reason = new(449500.0), true, ""
	regular.Warnings, regular.Error = nil, ""
	irregular := sampleSearch()
	irregular.Scenario, irregular.Error, irregular.LimitedBy, irregular.Host = "dut=veth/load=max/size=64", "", "tester: generator core", nil
	failed := Search{Scenario: "dut=route/load=max/size=64", Start: sampleStart, Error: "route: no such device"}
	for _, s := range []Search{regular, irregular, failed} {
		f.Add(s)
	}
	for i, ratio := range []float64{0.1, 0.5, 0.9, 0.1, 0.5, 0.9} {
		goal := regular.Goals[i/3]
		load := *goal.RelevantLowerBoundPps * ratio
		trial := Trial{
			Scenario: "duration=5s/dut=forwarder/load=" + whole(load) + "/size=64", Phase: PhaseLatency, GoalShare: &GoalShare{goal.Name, ratio},
			Start: sampleStart, Traffic: Traffic{IntendedPps: &load, OfferedPps: &load, LossRatio: new(0.0)},
		}
		trial.LatencyNs = distribution(t, int64(20e3+1e4*ratio), int64(30e3+1e4*ratio), int64(900e3*ratio))
		f.Add(trial)
	}
	f.Trials[5].Error = "forwarder ended"
	lossy := Trial{Scenario: "dut=forwarder/load=500000/size=64", Phase: PhaseSearch, Traffic: Traffic{
		IntendedPps: new(5e5), OfferedPps: new(4e5), Ledger: Ledger{{PlaceIntended, 500}, {PlaceDeviceRing, 96}, {PlaceSink, 400}}.Balanced(),
	}}
	sound := lossy
	sound.Ledger = Ledger{{PlaceIntended, 500}, {PlaceNotOffered, 100}, {PlaceSink, 400}}.Balanced()
	f.Add(lossy)
	f.Add(sound)
	return f
}

// burstRun has a device under test that loses and one that does not.
func burstRun() *File {
	lossy, lossless := sampleBurst(), sampleBurst()
	lossy.LimitPackets, lossy.Error = nil, ""
	lossless.Scenario, lossless.Repetitions, lossless.CorrectedPackets, lossless.Error = "dut=veth/size=64", []Repetition{{1 << 20, 0.7}}, nil, ""
	lossless.LongestPackets = new(NewPacketRange([]int64{1 << 20, 1 << 20}))
	return fileOf(Host{Time: sampleStart, Hostname: "bench-1"}, lossy, lossless, End{Status: Completed})
}

// soakedRun has a soak with three of its intervals.
func soakedRun(t testing.TB) *File {
	soak := sampleSoak()
	soak.Error = ""
	f := fileOf(Host{Time: sampleStart, Hostname: "bench-1"}, soak, End{Status: Completed, Trials: 3})
	for i := range 3 {
		f.Add(Trial{
			Scenario: soak.Scenario, Round: i, Phase: PhaseInterval, Start: sampleStart, DurationS: 10,
			Traffic: Traffic{ForwardedPps: new(100e3 - 3e3*float64(i)), LatencyNs: distribution(t, 90e3), Reordered: new(int64(i / 2))},
		})
	}
	return f
}

func TestSectionsGolden(t *testing.T) {
	oneSearch := fileOf(sampleHost(), sampleSearch(), sampleEnd(0))
	everything := defaultRun(t)
	everything.Trials = everything.Trials[:3]
	for _, f := range []*File{calibratedRun(t), searchedRun(t), burstRun(), soakedRun(t)} {
		for _, r := range recordsOf(f) {
			switch r.(type) {
			case Host, End:
			default:
				everything.Add(r)
			}
		}
	}
	bareSoak := fileOf(sampleHost(), Soak{Scenario: "dut=veth", Error: "interrupted"}, sampleEnd(0))
	tests := []struct {
		name string
		file *File
		opts Options
	}{
		{"calibration.txt", calibratedRun(t), Options{Width: 100}},
		{"search.txt", searchedRun(t), Options{Width: 100}},
		{"search-single.txt", oneSearch, Options{Width: 60, Color: true}},
		{"burst.txt", burstRun(), Options{Width: 100}},
		{"soak.txt", soakedRun(t), Options{Width: 100}},
		{"soak-bare.txt", bareSoak, Options{Width: 100}},
		{"comparison.txt", comparedRun(t), Options{Width: 100}},
		{"sweep.txt", sweptRun(2), Options{Width: 100}},
		{"sweep-troubled.txt", troubledSweep(), Options{Width: 100}},
		{"everything.txt", everything, Options{}},
		{"everything.md", everything, Options{Markdown: true, Color: true, Width: 60}},
		{"comparison.md", comparedRun(t), Options{Markdown: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Table(test.file, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.name, got)
		})
	}
}

// TestSectionsWidth: no line is longer than the terminal is wide.
func TestSectionsWidth(t *testing.T) {
	for _, f := range []*File{calibratedRun(t), searchedRun(t), burstRun(), soakedRun(t), comparedRun(t), sweptRun(2), troubledSweep()} {
		for width := 60; width < 120; width += 5 {
			fitsWidth(t, f, width)
		}
	}
}

// TestTableOfParts: trials of a search, a burst or a soak have no row of their own; where what they were a part of is missing, that is said.
func TestTableOfParts(t *testing.T) {
	f := fileOf(Host{Time: sampleStart}, End{Status: Completed, Trials: 4})
	for _, phase := range []Phase{PhaseSearch, PhaseSearch, PhaseBurst, PhaseInterval} {
		f.Add(Trial{Scenario: "dut=veth/phase=" + string(phase), Phase: phase, Traffic: Traffic{ForwardedPps: new(123456.0)}})
	}
	got, err := Table(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "123 k") || strings.Contains(got, "no trials") {
		t.Errorf("parts are shown as plain trials:\n%s", got)
	}
	for _, want := range []string{`2 trials of phase "search"`, `1 trial of phase "burst"`, `1 trial of phase "interval"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no word of %s:\n%s", want, got)
		}
	}
}
