package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// calibratedRun has two paths, one of which could not be calibrated to the end.
func calibratedRun(t testing.TB) *results.File {
	tun, tap := fixture.Calibration(t), fixture.Calibration(t)
	tun.Scenario, tun.Error = "dev=tun/dut=veth/size=64", ""
	tap.Scenario, tap.MaxOfferedPps, tap.LatenessNs, tap.Notes = "dev=tap/dut=veth/size=64", new(6.31e6), nil, nil
	return fixture.File(results.Host{Time: fixture.Start, Hostname: "bench-1"}, tun, tap, results.End{Status: results.Completed})
}

// searchedRun has a regular search with its latencies, an irregular one, one that failed, and trials of all of them.
func searchedRun(t testing.TB) *results.File {
	f := fixture.File(results.Host{Time: fixture.Start, Hostname: "bench-1"}, results.End{Status: results.Completed, Trials: 9})
	regular := fixture.Search()
	regular.Goals[1].RelevantLowerBoundPps, regular.Goals[1].RelevantUpperBoundPps = new(451000.0), new(453000.0)
	regular.Goals[1].ConditionalThroughputPps, regular.Goals[1].Regular, regular.Goals[1].Reason = new(449500.0), true, ""
	regular.Warnings, regular.Error = nil, ""
	irregular := fixture.Search()
	irregular.Scenario, irregular.Error, irregular.LimitedBy, irregular.Host = "dut=veth/load=max/size=64", "", "tester: generator core", nil
	failed := results.Search{Scenario: "dut=route/load=max/size=64", Start: fixture.Start, Error: "route: no such device"}
	for _, s := range []results.Search{regular, irregular, failed} {
		f.Add(s)
	}
	for i, ratio := range []float64{0.1, 0.5, 0.9, 0.1, 0.5, 0.9} {
		goal := regular.Goals[i/3]
		load := *goal.RelevantLowerBoundPps * ratio
		trial := results.Trial{
			Scenario: "duration=5s/dut=forwarder/load=" + whole(load) + "/size=64", Phase: results.PhaseLatency, GoalShare: &results.GoalShare{Goal: goal.Name, Ratio: ratio},
			Start: fixture.Start, Traffic: results.Traffic{IntendedPps: &load, OfferedPps: &load, LossRatio: new(0.0)},
		}
		trial.LatencyNs = fixture.Distribution(t, int64(20e3+1e4*ratio), int64(30e3+1e4*ratio), int64(900e3*ratio))
		f.Add(trial)
	}
	f.Trials[5].Error = "forwarder ended"
	lossy := results.Trial{Scenario: "dut=forwarder/load=500000/size=64", Phase: results.PhaseSearch, Traffic: results.Traffic{
		IntendedPps: new(5e5), OfferedPps: new(4e5), Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 500}, {Place: results.PlaceDeviceRing, Packets: 96}, {Place: results.PlaceSink, Packets: 400}}.Balanced(),
	}}
	sound := lossy
	sound.Ledger = results.Ledger{{Place: results.PlaceIntended, Packets: 500}, {Place: results.PlaceNotOffered, Packets: 100}, {Place: results.PlaceSink, Packets: 400}}.Balanced()
	f.Add(lossy)
	f.Add(sound)
	return f
}

// burstRun has a device under test that loses and one that does not.
func burstRun() *results.File {
	lossy, lossless := fixture.Burst(), fixture.Burst()
	lossy.LimitPackets, lossy.Error = nil, ""
	lossless.Scenario, lossless.Repetitions, lossless.CorrectedPackets, lossless.Error = "dut=veth/size=64", []results.Repetition{{Packets: 1 << 20, DurationS: 0.7}}, nil, ""
	lossless.LongestPackets = new(analysis.NewPacketRange([]int64{1 << 20, 1 << 20}))
	return fixture.File(results.Host{Time: fixture.Start, Hostname: "bench-1"}, lossy, lossless, results.End{Status: results.Completed})
}

// soakedRun has a soak with three of its intervals.
func soakedRun(t testing.TB) *results.File {
	soak := fixture.Soak()
	soak.Error = ""
	f := fixture.File(results.Host{Time: fixture.Start, Hostname: "bench-1"}, soak, results.End{Status: results.Completed, Trials: 3})
	for i := range 3 {
		f.Add(results.Trial{
			Scenario: soak.Scenario, Round: i, Phase: results.PhaseInterval, Start: fixture.Start, DurationS: 10,
			Traffic: results.Traffic{ForwardedPps: new(100e3 - 3e3*float64(i)), LatencyNs: fixture.Distribution(t, 90e3), Reordered: new(int64(i / 2))},
		})
	}
	return f
}

func TestSectionsGolden(t *testing.T) {
	oneSearch := fixture.File(fixture.Host(), fixture.Search(), fixture.End(0))
	everything := defaultRun(t)
	everything.Trials = everything.Trials[:3]
	for _, f := range []*results.File{calibratedRun(t), searchedRun(t), burstRun(), soakedRun(t)} {
		for _, r := range fixture.RecordsOf(f) {
			switch r.(type) {
			case results.Host, results.End:
			default:
				everything.Add(r)
			}
		}
	}
	bareSoak := fixture.File(fixture.Host(), results.Soak{Scenario: "dut=veth", Error: "interrupted"}, fixture.End(0))
	tests := []struct {
		name string
		file *results.File
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
			fixture.Golden(t, test.name, got)
		})
	}
}

// TestSectionsWidth: no line is longer than the terminal is wide.
func TestSectionsWidth(t *testing.T) {
	for _, f := range []*results.File{calibratedRun(t), searchedRun(t), burstRun(), soakedRun(t), comparedRun(t), sweptRun(2), troubledSweep()} {
		for width := 60; width < 120; width += 5 {
			fitsWidth(t, f, width)
		}
	}
}

// TestTableOfParts: trials of a search, a burst or a soak have no row of their own; where what they were a part of is missing, that is said.
func TestTableOfParts(t *testing.T) {
	f := fixture.File(results.Host{Time: fixture.Start}, results.End{Status: results.Completed, Trials: 4})
	for _, phase := range []results.Phase{results.PhaseSearch, results.PhaseSearch, results.PhaseBurst, results.PhaseInterval} {
		f.Add(results.Trial{Scenario: "dut=veth/phase=" + string(phase), Phase: phase, Traffic: results.Traffic{ForwardedPps: new(123456.0)}})
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
