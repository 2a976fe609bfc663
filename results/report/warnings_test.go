package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
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

// TestEveryWarningHasWords: the kinds are those that package analysis lists.
func TestEveryWarningHasWords(t *testing.T) {
	said := map[string]bool{}
	for _, w := range []analysis.Warning{
		analysis.TrialsInterrupted{},
		analysis.TrialsFailed{Error: "ended"},
		analysis.TrialsSuspect{},
		analysis.TrialsSay{},
		analysis.DoneWithout{Text: "no GRO"},
		analysis.RunStopped{},
		analysis.LineOdd{},
		analysis.PartUnfinished{},
		analysis.CPUsMoved{},
		analysis.OfArm{Warnings: []analysis.Warning{analysis.TrialsSuspect{}}},
		analysis.RoundsTooFew{},
		analysis.RoundsTooFewToShow{},
		analysis.RoundsNothing{},
		analysis.RoundsWithoutRatio{},
		analysis.RoundsIncomplete{},
		analysis.RoundsAlike{},
		analysis.RoundsFarOff{},
		analysis.RatioDrifted{},
		analysis.RatiosTwofold{},
		analysis.ControlMoved{},
		analysis.SeriesFailed{},
		analysis.CombinationsDropped{},
		analysis.SeveralSittings{},
		analysis.TrialsMissing{},
		analysis.NoLogarithm{},
		analysis.LevelGone{},
		analysis.NoIntervals{},
		analysis.FewRounds{},
		analysis.RoundsDrifted{},
		analysis.MetricDrifted{},
		analysis.MemoryGrew{},
		analysis.OfFile{Warnings: []analysis.Warning{analysis.NewFails{}}},
		analysis.OfScenario{Warnings: []analysis.Warning{analysis.NewFails{}}},
		analysis.RowsTooFew{},
		analysis.RowsHopeless{},
		analysis.NothingThrough{},
		analysis.NothingInBoth{},
		analysis.NewFails{},
		analysis.NoCommonMetric{},
		analysis.NoCounterpart{},
	} {
		said[reflect.TypeOf(w).Name()] = true
		lines := Sentences([]analysis.Warning{w})
		if len(lines) != 1 || lines[0] == "" || strings.Contains(lines[0], "analysis.") {
			t.Errorf("%T is said as %q", w, lines)
		}
	}
	source, err := parser.ParseFile(token.NewFileSet(), "../analysis/warning.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range source.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			if kind := f.Recv.List[0].Type.(*ast.Ident).Name; !said[kind] {
				t.Errorf("%s is not in this test", kind)
			}
		}
	}
}
