package results

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trialsStanding is six trials of a scenario whose figures in a metric are as the Standing says. What lacks the figure has another one.
func trialsStanding(s Standing, m Metric) []Trial {
	var trials []Trial
	for i := range 6 {
		t := standingTrial(s, m, i, "")
		t.Scenario = smallPackets
		t.ThroughputBps = new(1e6)
		trials = append(trials, t)
	}
	return trials
}

// TestEveryCellOfTwoFiles: what two files come to whose trials are of a cell of the table. They have the throughput in common, in which
// nothing differs.
func TestEveryCellOfTwoFiles(t *testing.T) {
	type result struct {
		row, all  Verdict
		unmatched int
		failed    bool
	}
	want := map[outcome]result{
		outcomeCompared:   {VerdictSame, VerdictSame, 0, false},
		outcomeNothing:    {VerdictWorse, VerdictWorse, 0, false},
		outcomeUnmeasured: {VerdictInconclusive, VerdictInconclusive, 0, false},
		outcomeFailed:     {"", VerdictInconclusive, 1, true},
		outcomeNeither:    {"", VerdictSame, 0, false},
	}
	for _, m := range []Metric{MetricForwarded, MetricDUTCost} {
		for _, before := range allStandings {
			for _, after := range allStandings {
				cell := fileOutcome(m, before, after)
				w := want[cell]
				zero := []bool{before == SideZero, after == SideZero}
				switch {
				case cell == outcomeCompared && zero[0] != zero[1]: // the ranks of zeros and other figures
					w.row = VerdictBetter
					if zero[0] != m.MoreIsBetter() {
						w.row = VerdictWorse
					}
					w.all = w.row
				case cell == outcomeUnmeasured && (before == SideFails || after == SideLacks):
					w.row, w.unmatched = "", 1
				}
				t.Run(fmt.Sprintf("%s/%s against %s", m, standingWords(after), standingWords(before)), func(t *testing.T) {
					c, err := CompareFiles(fileOfTrials(trialsStanding(before, m)), fileOfTrials(trialsStanding(after, m)), 0.05)
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
						t.Errorf("(-want +got):\n%s\n%s", diff, FilesTable(c, Options{}))
					}
					if (c.Open() == Undecided{}) != (cell == outcomeCompared || cell == outcomeNothing || cell == outcomeNeither) {
						t.Errorf("open: %+v", c.Open())
					}
				})
			}
		}
	}
}

// TestWhatHasNoCounterpartIsOpen: H6 of a comparison of files, by its figures.
func TestWhatHasNoCounterpartIsOpen(t *testing.T) {
	scenario := func(queues int) string { return smallPackets + "/queues=" + whole(float64(queues)) }
	same := func(queues int) []Trial { return forwarding(scenario(queues), around(1e6, 0, 6)...) }
	failed := same(1)
	for i := range failed {
		failed[i].Error = "boom"
	}
	someFailed := append(forwarding(scenario(1), around(1e6, 0, 7)...), failed[0])
	bare := append(same(1), same(2)...)
	for i := range bare {
		bare[i].LatencyNs = distribution(t, 1000)
	}
	many := func(first float64) (trials []Trial) {
		trials = forwarding(scenario(1), around(first, 0, 6)...)
		for queues := 2; queues <= 30; queues++ {
			trials = append(trials, same(queues)...)
		}
		return trials
	}
	for name, test := range map[string]struct {
		before, after []Trial
		failed        int
		unmatched     []Unmatched
		says          string // among the reasons
	}{
		"all trials failed": {
			append(same(1), same(2)...), append(failed, same(2)...),
			1,
			[]Unmatched{{scenario(1), "", OldFile, "none of its 6 trials can be used, 6 failed"}},
			"1 of which a file has no figure",
		},
		"some did":                      {append(same(1), same(2)...), append(someFailed, same(2)...), 1, nil, ""},
		"all did, of the old":           {append(failed, same(2)...), append(same(1), same(2)...), 0, []Unmatched{{scenario(1), "", NewFile, "none of its 6 trials can be used, 6 failed"}}, "no figure"},
		"a scenario vanished":           {append(same(1), same(2)...), same(2), 0, []Unmatched{{scenario(1), "", OldFile, "it has no such scenario"}}, "1 of the old file not in the new one"},
		"a key was added":               {append(same(1), same(2)...), append(forwarding(scenario(1)+"/spin=1", 1), same(2)...), 0, []Unmatched{{scenario(1), "", OldFile, "it has no such scenario"}, {scenario(1) + "/spin=1", "", NewFile, "it has no such scenario"}}, "not in the new one"},
		"a metric vanished":             {bare[:6], same(1), 0, []Unmatched{{scenario(1), Latency("p50"), OldFile, "none of its trials has the figure"}, {scenario(1), Latency("p99"), OldFile, "none of its trials has the figure"}}, "2 of which a file has no figure"},
		"half as much, among many rows": {many(1e6), many(5e5), 0, nil, "1 undecided, though the whole interval lies beyond the margin"},
		"twice as much, among many":     {many(1e6), many(2e6), 0, nil, "1 undecided, though"},
		"something from nothing":        {many(0), many(5e5), 0, nil, "1 undecided, though"},
		"too few of one scenario":       {append(same(1)[:2], same(2)...), append(same(1)[:2], same(2)...), 0, nil, "1 with too few trials"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := CompareFiles(fileOfTrials(test.before), fileOfTrials(test.after), 0.05)
			if err != nil {
				t.Fatal(err)
			}
			if c.Count(VerdictSame) == 0 {
				t.Fatalf("nothing is decided: %+v", c.Rows)
			}
			if len(c.Failed) != test.failed || !strings.Contains(strings.Join(Open(c.Open()), "; "), test.says) {
				t.Errorf("failed %q, open %+v", c.Failed, c.Open())
			}
			if test.says != "" && c.Verdict() != VerdictInconclusive {
				t.Errorf("%s", c.Verdict())
			}
			if diff := cmp.Diff(test.unmatched, UnmatchedRecords(c)); diff != "" {
				t.Errorf("without a counterpart (-want +got):\n%s", diff)
			}
			for _, u := range UnmatchedRecords(c) {
				if _, err := Encode(u); err != nil {
					t.Error(err)
				}
			}
			text, markdown := FilesTable(c, Options{}), FilesTable(c, Options{Markdown: true})
			for _, u := range test.unmatched {
				if want := u.Reason; u.Reason != "it has no such scenario" && (!strings.Contains(text, want) || !strings.Contains(markdown, want)) {
					t.Errorf("%q is missing from\n%s\n%s", want, text, markdown)
				}
			}
		})
	}
}
