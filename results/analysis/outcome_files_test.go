package analysis

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// trialsStanding is six trials of a scenario whose figures in a metric are as the Standing says. What lacks the figure has another one.
func trialsStanding(s Standing, m results.Metric) []results.Trial {
	var trials []results.Trial
	for i := range 6 {
		t := standingTrial(s, m, i, "")
		t.Scenario = fixture.SmallPackets
		t.ThroughputBps = new(1e6)
		trials = append(trials, t)
	}
	return trials
}

// TestTrialsThatFail: of six, in either file or both. What is left of both is a selection, and no more same than better.
func TestTrialsThatFail(t *testing.T) {
	failing := func(n int) *results.File {
		trials := trialsStanding(SideHas, results.MetricForwarded)
		for i := range n {
			trials = append(trials, standingTrial(SideFails, results.MetricForwarded, 6+i, ""))
			trials[6+i].Scenario = fixture.SmallPackets
		}
		return fixture.FileOfTrials(trials)
	}
	for _, test := range []struct {
		before, after int
		verdict       results.Verdict
		failed        bool
	}{
		{0, 0, results.VerdictSame, false},
		{1, 0, results.VerdictSame, false},
		{0, 1, results.VerdictInconclusive, true},
		{1, 1, results.VerdictInconclusive, false},
		{1, 6, results.VerdictInconclusive, false},
	} {
		c, err := CompareFiles(failing(test.before), failing(test.after), 0.05)
		if err != nil {
			t.Fatal(err)
		}
		if c.Verdict() != test.verdict || len(c.Failed) > 0 != test.failed {
			t.Errorf("%+v: %s, failed %q, open %+v", test, c.Verdict(), c.Failed, c.Open())
		}
		if both := test.before > 0 && test.after > 0; (c.Open().Unmeasured > 0) != both {
			t.Errorf("%+v: open %+v", test, c.Open())
		}
	}
}

// TestEveryCellOfTwoFiles: what two files come to whose trials are of a cell of the table. They have the throughput in common, in which
// nothing differs.
func TestEveryCellOfTwoFiles(t *testing.T) {
	type result struct {
		row, all  results.Verdict
		unmatched int
		failed    bool
	}
	want := map[outcome]result{
		outcomeCompared:   {results.VerdictSame, results.VerdictSame, 0, false},
		outcomeNothing:    {results.VerdictWorse, results.VerdictWorse, 0, false},
		outcomeUnmeasured: {results.VerdictInconclusive, results.VerdictInconclusive, 0, false},
		outcomeFailed:     {"", results.VerdictInconclusive, 1, true},
		outcomeNeither:    {"", results.VerdictSame, 0, false},
	}
	for _, m := range []results.Metric{results.MetricForwarded, results.MetricDUTCost} {
		for _, before := range allStandings {
			for _, after := range allStandings {
				cell := fileOutcome(m, before, after)
				w := want[cell]
				zero := []bool{before == SideZero, after == SideZero}
				switch {
				case cell == outcomeCompared && zero[0] != zero[1]: // the ranks of zeros and other figures
					w.row = results.VerdictBetter
					if zero[0] != m.MoreIsBetter() {
						w.row = results.VerdictWorse
					}
					w.all = w.row
				case cell == outcomeUnmeasured && (before == SideFails || after == SideLacks):
					w.row, w.unmatched = "", 1
				}
				t.Run(fmt.Sprintf("%s/%d against %d", m, after, before), func(t *testing.T) {
					c, err := CompareFiles(fixture.FileOfTrials(trialsStanding(before, m)), fixture.FileOfTrials(trialsStanding(after, m)), 0.05)
					if err != nil {
						t.Fatal(err)
					}
					got := result{all: c.Verdict(), unmatched: len(c.Missing()), failed: len(c.Failed) > 0}
					for _, u := range c.Rows {
						if u.Metric == m {
							got.row = u.Verdict
						}
					}
					if diff := cmp.Diff(w, got, cmp.AllowUnexported(result{})); diff != "" {
						t.Errorf("(-want +got):\n%s\n%+v", diff, c.Rows)
					}
					if (c.Open() == Undecided{}) != (cell == outcomeCompared || cell == outcomeNothing || cell == outcomeNeither) {
						t.Errorf("open: %+v", c.Open())
					}
				})
			}
		}
	}
}
