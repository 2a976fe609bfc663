package report

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// TestCompareFilesLeavesOut: what is no plain trial, or has no figures, is not compared.
func TestCompareFilesLeavesOut(t *testing.T) {
	good := fixture.Forwarding(fixture.SmallPackets, fixture.Around(100, 0.01, 7)...)
	spoilt := fixture.Forwarding(fixture.SmallPackets, 1, 2, 3, 4, 5, 6)
	spoilt[0].Error, spoilt[1].Interrupted, spoilt[2].Arm = "ended", true, results.ArmA
	spoilt[3].Phase, spoilt[4].Phase, spoilt[5].ForwardedPps = results.PhaseSearch, results.PhaseInterval, nil
	before := fixture.FileOfTrials(good, spoilt[:1], fixture.Forwarding(fixture.LargePackets, 1)) // a failure in the old file too: the new one is not said to be the first to fail
	c, err := analysis.CompareFiles(before, fixture.FileOfTrials(spoilt, good, fixture.Forwarding("dut=veth", 1)), 0.05)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rows) != 1 || c.Rows[0].New.N != len(good) || *c.Rows[0].Ratio != 1 {
		t.Errorf("rows %+v", c.Rows)
	}
	// What did not fail is a selection in both.
	if len(c.Failed) > 0 || c.Verdict() != results.VerdictInconclusive || !strings.Contains(strings.Join(Undecided(c.Open()), "; "), "trials of both failed") {
		t.Errorf("%s: %q; failed %q", c.Verdict(), Undecided(c.Open()), c.Failed)
	}
	if diff := cmp.Diff([][]string{{fixture.LargePackets}, {"dut=veth"}}, [][]string{c.OnlyOld, c.OnlyNew}); diff != "" {
		t.Errorf("without a counterpart (-want +got):\n%s", diff)
	}
	warnings := strings.Join(FilesWarnings(c), "\n")
	for _, want := range []string{"new: the scenario: 1 of 10 trials failed: ended", "1 of 10 trials interrupted", "new: 3 trials of arms", "tunbench ab"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("%q is missing from\n%s", want, warnings)
		}
	}
}

// TestCompareFilesAllFailed: a scenario in common of which nothing is left decides nothing, and says so.
func TestCompareFilesAllFailed(t *testing.T) {
	failed := fixture.Forwarding(fixture.SmallPackets, 1, 2)
	failed[0].Error, failed[1].Error = "ended", "ended"
	c, err := analysis.CompareFiles(fixture.FileOfTrials(fixture.Forwarding(fixture.SmallPackets, 1, 2)), fixture.FileOfTrials(failed), 0.05)
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict() != results.VerdictInconclusive || len(c.Rows) != 0 || !strings.Contains(FilesTable(c, Options{}), "2 of 2 trials failed") {
		t.Errorf("%s of\n%s", c.Verdict(), FilesTable(c, Options{}))
	}
}

// TestCompareFilesTooFew: six trials are enough for one row; of many rows each needs a smaller p than six trials can give.
func TestCompareFilesTooFew(t *testing.T) {
	scenarios := func(n, trials int, centre float64) *results.File {
		f := fixture.FileOfTrials()
		for i := range n {
			f.Trials = append(f.Trials, fixture.Forwarding(fixture.SmallPackets+"/txqlen="+strconv.Itoa(i), fixture.Around(centre, 0.01, trials)...)...)
		}
		return f
	}
	for name, test := range map[string]struct {
		scenarios, trials int
		want              results.Verdict
		says              string
	}{
		"one row of six":   {1, 6, results.VerdictWorse, ""},
		"one row of five":  {1, 5, results.VerdictInconclusive, "too few trials: it takes at least 6 in each file for a verdict\n"},
		"many rows of six": {24, 6, results.VerdictInconclusive, "too few trials to show a difference in all 24 rows: it takes at least 7 in each file, or fewer rows"},
		"and of seven":     {24, 7, results.VerdictWorse, ""},
	} {
		c, err := analysis.CompareFiles(scenarios(test.scenarios, test.trials, 100), scenarios(test.scenarios, test.trials, 50), 0.05)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(FilesWarnings(c), "\n") + "\n"
		if c.Verdict() != test.want || !strings.Contains(said, test.says) || test.says == "" && strings.Contains(said, "too few") {
			t.Errorf("%s: %s, want %s; says %s", name, c.Verdict(), test.want, said)
		}
	}
}

// comparedRuns is a new version that is a fifth slower, on another kernel.
func comparedRuns(t testing.TB) *analysis.FileComparison {
	before, after := fixture.NoisyRun(t, 1, 8, 1), fixture.NoisyRun(t, 2, 8, 1.2)
	after.Host.Version, after.Host.Kernel = "v0.2.0", "6.19.0"
	before.Add(results.Trial{Scenario: "dut=veth/load=max/size=64", Start: fixture.Start})
	after.Trials[0].Error = "forwarder ended"
	c, err := analysis.CompareFiles(before, after, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompareFilesTable(t *testing.T) {
	c := comparedRuns(t)
	fixture.Golden(t, "compare-files.txt", FilesTable(c, Options{}))
	fixture.Golden(t, "compare-files-80.txt", FilesTable(c, Options{Width: 80}))
	fixture.Golden(t, "compare-files.md", FilesTable(c, Options{Markdown: true}))
	single, err := analysis.CompareFiles(fixture.FileOfTrials(fixture.Forwarding(fixture.SmallPackets, 100)), fixture.FileOfTrials(fixture.Forwarding(fixture.SmallPackets, 90)), 0.05)
	if err != nil {
		t.Fatal(err)
	}
	fixture.Golden(t, "compare-files-single.txt", FilesTable(single, Options{}))
}

func TestUnpairedRecords(t *testing.T) {
	var lines strings.Builder
	for _, u := range comparedRuns(t).Rows {
		line, err := results.Encode(u)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(line)
	}
	fixture.Golden(t, "compare-files.jsonl", lines.String())
}

// TestWhatHasNoCounterpartIsOpen: H6 of a comparison of files, by its figures.
func TestWhatHasNoCounterpartIsOpen(t *testing.T) {
	scenario := func(queues int) string { return fixture.SmallPackets + "/queues=" + strconv.Itoa(queues) }
	same := func(queues int) []results.Trial {
		return fixture.Forwarding(scenario(queues), fixture.Around(1e6, 0, 6)...)
	}
	failed := same(1)
	for i := range failed {
		failed[i].Error = "boom"
	}
	someFailed := append(fixture.Forwarding(scenario(1), fixture.Around(1e6, 0, 7)...), failed[0])
	bare := append(same(1), same(2)...)
	for i := range bare {
		bare[i].LatencyNs = fixture.Distribution(t, 1000)
	}
	many := func(first float64) (trials []results.Trial) {
		trials = fixture.Forwarding(scenario(1), fixture.Around(first, 0, 6)...)
		for queues := 2; queues <= 30; queues++ {
			trials = append(trials, same(queues)...)
		}
		return trials
	}
	for name, test := range map[string]struct {
		before, after []results.Trial
		failed        int
		unmatched     []results.Unmatched
		says          string // among the reasons
	}{
		"all trials failed": {
			append(same(1), same(2)...), append(failed, same(2)...),
			1,
			[]results.Unmatched{{Scenario: scenario(1), Metric: "", OnlyIn: results.OldFile, Reason: "none of its 6 trials can be used, 6 failed"}},
			"1 of which a file has no figure",
		},
		"some did":                      {append(same(1), same(2)...), append(someFailed, same(2)...), 1, nil, ""},
		"all did, of the old":           {append(failed, same(2)...), append(same(1), same(2)...), 0, []results.Unmatched{{Scenario: scenario(1), Metric: "", OnlyIn: results.NewFile, Reason: "none of its 6 trials can be used, 6 failed"}}, "no figure"},
		"a scenario vanished":           {append(same(1), same(2)...), same(2), 0, []results.Unmatched{{Scenario: scenario(1), Metric: "", OnlyIn: results.OldFile, Reason: "it has no such scenario"}}, "1 of the old file not in the new one"},
		"a key was added":               {append(same(1), same(2)...), append(fixture.Forwarding(scenario(1)+"/spin=1", 1), same(2)...), 0, []results.Unmatched{{Scenario: scenario(1), Metric: "", OnlyIn: results.OldFile, Reason: "it has no such scenario"}, {Scenario: scenario(1) + "/spin=1", Metric: "", OnlyIn: results.NewFile, Reason: "it has no such scenario"}}, "not in the new one"},
		"a metric vanished":             {bare[:6], same(1), 0, []results.Unmatched{{Scenario: scenario(1), Metric: results.Latency("p50"), OnlyIn: results.OldFile, Reason: "none of its trials has the figure"}, {Scenario: scenario(1), Metric: results.Latency("p99"), OnlyIn: results.OldFile, Reason: "none of its trials has the figure"}}, "2 of which a file has no figure"},
		"half as much, among many rows": {many(1e6), many(5e5), 0, nil, "1 undecided, though the whole interval lies beyond the margin"},
		"twice as much, among many":     {many(1e6), many(2e6), 0, nil, "1 undecided, though"},
		"something from nothing":        {many(0), many(5e5), 0, nil, "1 undecided, though"},
		"too few of one scenario":       {append(same(1)[:2], same(2)...), append(same(1)[:2], same(2)...), 0, nil, "1 with too few trials"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := analysis.CompareFiles(fixture.FileOfTrials(test.before), fixture.FileOfTrials(test.after), 0.05)
			if err != nil {
				t.Fatal(err)
			}
			if c.Count(results.VerdictSame) == 0 {
				t.Fatalf("nothing is decided: %+v", c.Rows)
			}
			if len(c.Failed) != test.failed || !strings.Contains(strings.Join(Undecided(c.Open()), "; "), test.says) {
				t.Errorf("failed %q, open %+v", c.Failed, c.Open())
			}
			if test.says != "" && c.Verdict() != results.VerdictInconclusive {
				t.Errorf("%s", c.Verdict())
			}
			if diff := cmp.Diff(test.unmatched, UnmatchedRecords(c)); diff != "" {
				t.Errorf("without a counterpart (-want +got):\n%s", diff)
			}
			for _, u := range UnmatchedRecords(c) {
				if _, err := results.Encode(u); err != nil {
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
