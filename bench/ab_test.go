package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tunbench/results"
)

// TestAB: every round measures both arms and the control twice, mirrored; the records say
// so and can be shown again.
func TestAB(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	file := filepath.Join(t.TempDir(), "ab.jsonl")
	code, stdout, stderr := tunbench(t, "ab", "a:dut=veth", "b:dut=forwarder", "queues=2", "flows=8", "load=20000", "duration=100ms", "warmup=20ms",
		"-n", "6", "--no-calibration", "-o", file)
	if code != exitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	f := readBack(t, file)
	var rounds [6][]string
	for _, trial := range f.Trials {
		rounds[trial.Round] = append(rounds[trial.Round], trial.Arm)
		if isB := strings.Contains(trial.Scenario, "dut=forwarder/"); isB != (trial.Arm == results.ArmB) {
			t.Errorf("arm %s measured %s", trial.Arm, trial.Scenario)
		}
	}
	orders := map[string]bool{}
	for i, arms := range rounds {
		back := slices.Clone(arms)
		slices.Reverse(back)
		sorted := slices.Sorted(slices.Values(arms))
		if !slices.Equal(arms, back) || !slices.Equal(sorted, strings.Fields("A A B B control control")) {
			t.Errorf("round %d: %v", i, arms)
		}
		orders[strings.Join(arms, " ")] = true
	}
	if len(orders) < 2 {
		t.Errorf("all rounds have the order %v", rounds[0])
	}
	metrics := map[results.Metric]results.Comparison{}
	for _, c := range f.Comparisons {
		metrics[c.Metric] = c
	}
	for _, m := range []results.Metric{results.MetricForwarded, results.MetricDelivered, results.Latency("p50"), results.MetricMachineCost} {
		c, ok := metrics[m]
		if !ok || c.Rounds != 6 || c.Low > c.Ratio || c.Ratio > c.High || c.Low <= 0 || c.Control == nil || c.Verdict == "" {
			t.Errorf("%s: %+v", m, c)
		}
	}
	if _, ok := metrics[results.MetricDUTCost]; ok {
		t.Error("a veth pair has a process to compare with")
	}
	for _, word := range []string{"A: veth", "B: forwarder", "B/A", "forwarded pps", "latency p99", "machine CPU ns/packet: inconclusive", "are too few to show a change"} {
		if !strings.Contains(stdout, word) {
			t.Errorf("%q is missing from\n%s", word, stdout)
		}
	}
	if code, again, stderr := tunbench(t, "report", file); code != exitSuccess || again != stdout {
		t.Errorf("report: exit code %d, %s:\n%s", code, stderr, again)
	}
}

// TestABVariants: each arm may be another build, or hindered; records and table say so.
func TestABVariants(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	file := filepath.Join(t.TempDir(), "ab.jsonl")
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := tunbench(t, "ab", "a:binary="+binary, "b:handicap=50%", "load=20000", "duration=100ms", "warmup=20ms",
		"-n", "2", "--no-control", "--no-calibration", "-o", file)
	if code != exitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	f := readBack(t, file)
	if len(f.Comparisons) == 0 {
		t.Error("nothing was compared")
	}
	for _, c := range f.Comparisons {
		if !strings.HasPrefix(c.ProgramA, binary+" (sha256 ") || c.ProgramB != "handicap 50 %" || c.Control != nil {
			t.Errorf("%+v", c)
		}
	}
	if !strings.Contains(stdout, "B: handicap 50 %") {
		t.Errorf("no word of the handicap:\n%s", stdout)
	}
}

// TestABEndsWithAFailure: the rest of a series whose arm failed compares nothing.
func TestABEndsWithAFailure(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "ab.jsonl")
	broken := filepath.Join(t.TempDir(), "tunbench")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := tunbench(t, "ab", "b:binary="+broken, "load=20000", "duration=100ms", "-n", "2", "--no-calibration", "-o", file)
	if code != exitFailure || !strings.Contains(stderr, "arm B") || !strings.Contains(stderr, "exit status 7") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if f := readBack(t, file); len(f.Comparisons) != 0 {
		t.Errorf("compared: %+v", f.Comparisons)
	}
}

// TestABOfOneScenario: a scenario against itself, as records.
func TestABOfOneScenario(t *testing.T) {
	needRoot(t)
	trials := trialsOf(t, "ab", "dut=veth", "load=20000", "duration=100ms", "warmup=0s", "-n", "1", "--json", "--no-calibration")
	if len(trials) != 6 || trials[0].Scenario != trials[1].Scenario || trials[0].Arm == trials[1].Arm {
		t.Errorf("trials %+v", trials)
	}
}

// TestABVerdict: the exit code by what the rounds of a metric gave.
func TestABVerdict(t *testing.T) {
	of := func(v results.Verdict, nothing, unmeasured int) results.Comparison {
		return results.Comparison{Metric: results.MetricForwarded, Rounds: 10 - unmeasured, Verdict: v, NothingRounds: nothing, UnmeasuredRounds: unmeasured}
	}
	for name, test := range map[string]struct {
		found []results.Comparison
		want  int
	}{
		"compared":              {[]results.Comparison{of(results.VerdictWorse, 0, 0), of(results.VerdictSame, 0, 0)}, exitSuccess},
		"undecided":             {[]results.Comparison{of(results.VerdictInconclusive, 0, 0)}, exitSuccess},
		"nothing through":       {[]results.Comparison{of(results.VerdictSame, 0, 0), of(results.VerdictWorse, 1, 0)}, exitRegression},
		"and without a ratio":   {[]results.Comparison{of(results.VerdictInconclusive, 0, 1), of(results.VerdictWorse, 1, 0)}, exitRegression},
		"a round has no ratio":  {[]results.Comparison{of(results.VerdictInconclusive, 0, 1), of(results.VerdictSame, 0, 0)}, exitInconclusive},
		"none has":              {[]results.Comparison{of(results.VerdictInconclusive, 0, 10)}, exitInconclusive},
		"A too brought nothing": {[]results.Comparison{of(results.VerdictInconclusive, 1, 1)}, exitInconclusive},
		"no metric":             {nil, exitInconclusive},
	} {
		if err := abVerdict(test.found); exitCode(err) != test.want {
			t.Errorf("%s: exit code %d, want %d: %v", name, exitCode(err), test.want, err)
		}
	}
}
