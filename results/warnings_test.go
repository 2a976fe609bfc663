package results

import (
	"strings"
	"testing"
)

// TestWandered: CPUs that were not always as far from each other are said once, whatever was measured meanwhile.
func TestWandered(t *testing.T) {
	at := func(ns ...float64) *File {
		f := &File{}
		for _, ns := range ns {
			f.Trials = append(f.Trials, Trial{CPU: &CPU{DistanceNs: &ns}})
		}
		f.Trials = append(f.Trials, Trial{}, Trial{CPU: &CPU{}}, Trial{CPU: &CPU{DistanceNs: new(1.0)}, Interrupted: true})
		return f
	}
	for _, f := range []*File{at(), at(85), at(85, 120, 90)} {
		if w := Sentences(FileWarnings(f)); len(w) != 0 {
			t.Errorf("warns of nothing: %q", w)
		}
	}
	if w := Sentences(FileWarnings(at(85, 400, 90))); len(w) != 1 || !strings.Contains(w[0], "85 to 400 ns") {
		t.Errorf("warns %q", w)
	}
}

// TestNothingDueIsSaid: no packets are neither 0 % of loss nor 100 % delivered, and nothing that is the same.
func TestNothingDueIsSaid(t *testing.T) {
	trials := func() []Trial {
		trials := forwarding("dut=forwarder/load=1/size=64", 0, 0, 0, 0, 0, 0)
		for i := range trials {
			trials[i].Ledger = Ledger{{PlaceIntended, 0}, {PlaceSink, 0}}.Balanced()
		}
		return trials
	}
	table, err := Table(fileOfTrials(trials()), Options{})
	if err != nil || !strings.Contains(table, "6 of 6 trials: no packet was due") {
		t.Errorf("%v: no word of it in\n%s", err, table)
	}
	figures := Metrics(trials()[0])
	for _, m := range []Metric{MetricLoss, MetricDelivered} {
		if v, ok := figures[m]; ok {
			t.Errorf("%s is %v", m, v)
		}
	}
	c, err := CompareFiles(fileOfTrials(trials()), fileOfTrials(trials()), 0.05)
	if err != nil || c.Verdict() != VerdictInconclusive {
		t.Errorf("%s, %v of\n%s", c.Verdict(), err, FilesTable(c, Options{}))
	}
}
