package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// TestWandered: CPUs that were not always as far from each other are said once, whatever was measured meanwhile.
func TestWandered(t *testing.T) {
	at := func(ns ...float64) *results.File {
		f := &results.File{}
		for _, ns := range ns {
			f.Trials = append(f.Trials, results.Trial{CPU: &results.CPU{DistanceNs: &ns}})
		}
		f.Trials = append(f.Trials, results.Trial{}, results.Trial{CPU: &results.CPU{}}, results.Trial{CPU: &results.CPU{DistanceNs: new(1.0)}, Interrupted: true})
		return f
	}
	for _, f := range []*results.File{at(), at(85), at(85, 120, 90)} {
		if w := Sentences(analysis.FileWarnings(f)); len(w) != 0 {
			t.Errorf("warns of nothing: %q", w)
		}
	}
	if w := Sentences(analysis.FileWarnings(at(85, 400, 90))); len(w) != 1 || !strings.Contains(w[0], "85 to 400 ns") {
		t.Errorf("warns %q", w)
	}
}

// TestNothingDueIsSaid: no packets are neither 0 % of loss nor 100 % delivered, and nothing that is the same.
func TestNothingDueIsSaid(t *testing.T) {
	trials := func() []results.Trial {
		trials := fixture.Forwarding("dut=forwarder/load=1/size=64", 0, 0, 0, 0, 0, 0)
		for i := range trials {
			trials[i].Ledger = results.Ledger{{Place: results.PlaceIntended, Packets: 0}, {Place: results.PlaceSink, Packets: 0}}.Balanced()
		}
		return trials
	}
	table, err := Table(fixture.FileOfTrials(trials()), Options{})
	if err != nil || !strings.Contains(table, "6 of 6 trials: no packet was due") {
		t.Errorf("%v: no word of it in\n%s", err, table)
	}
	figures := results.Metrics(trials()[0])
	for _, m := range []results.Metric{results.MetricLoss, results.MetricDelivered} {
		if v, ok := figures[m]; ok {
			t.Errorf("%s is %v", m, v)
		}
	}
	c, err := analysis.CompareFiles(fixture.FileOfTrials(trials()), fixture.FileOfTrials(trials()), 0.05)
	if err != nil || c.Verdict() != results.VerdictInconclusive {
		t.Errorf("%s, %v of\n%s", c.Verdict(), err, FilesTable(c, Options{}))
	}
}
