//go:build proof

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tunbench/results"
)

// How much is measured. Fewer runs and shorter trials are a taste, and prove less.
var (
	proofRuns  = flag.Int("proof.runs", 20, "runs of each of the two builds in a history")
	proofTimes = flag.Int("proof.times", 2, "bisections in a row")
	proofSpin  = flag.Int("proof.spin", 0, "turns of an empty loop that the slow build spends on each packet; 0: 200 in the history, 800 in the bisections")
	proofGate  = flag.String("proof.gate", "", "more `flags` of bisect, such as --thresholds FILE")
	proofWords = flag.String("proof.words", "size=64 load=max duration=200ms warmup=50ms", "`words` of the load")
)

// proof runs a command to its end, however long it takes.
func proof(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd, out, errOut := command(t, args...)
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errOut.String()
}

// A turn of the loop takes some 0.6 ns, and a packet without it 1.5 to 2 µs: a history must see some 7 %, a gate by its own margins 25 %.
const (
	historySpin = 200
	bisectSpin  = 800
)

// proofSlow is the line that makes a build of the example slower, by so many turns unless others are asked for.
func proofSlow(turns int) string {
	turns = cmp.Or(*proofSpin, turns)
	return fmt.Sprintf("\t\tfor (volatile int spin = 0; spin < %d; spin++) continue;", turns)
}

// TestProofHistory measures one build in some runs, then a slower one in as many, each beside the router, and wants the
// change named within two runs of its place.
func TestProofHistory(t *testing.T) {
	needRoot(t)
	needCompiler(t)
	dir := t.TempDir()
	runs := 0
	for _, text := range []string{"", proofSlow(historySpin)} {
		example := cExample(t, text)
		if out, err := exec.Command("make", "-s", "-C", example).CombinedOutput(); err != nil {
			t.Fatalf("make: %v: %s", err, out)
		}
		for range *proofRuns {
			file := filepath.Join(dir, fmt.Sprintf("%03d.jsonl", runs))
			runs++
			args := append(strings.Fields("run -q --no-calibration -n 5 -o "+file+" --program "+filepath.Join(example, "program.yaml")+" dut=c-forwarder,route"), strings.Fields(*proofWords)...)
			if code, _, stderr := tunbench(t, args...); code != exitSuccess {
				t.Fatalf("run %d: exit code %d: %s", runs, code, stderr)
			}
		}
	}
	code, table, stderr := tunbench(t, "history", "--recent", itoa(*proofRuns+2), dir)
	t.Logf("exit code %d, want %d\n%s%s", code, exitRegression, table, stderr)
	_, records, _ := tunbench(t, "history", "--json", "--recent", itoa(*proofRuns+2), dir)
	named := false
	for line := range strings.Lines(records) {
		var s results.Series
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Changes {
			away := c.Run - *proofRuns
			t.Logf("%s: %s from run %d on, ratio %.3f: %d from its place", s.Metric, c.Verdict, c.Run+1, c.Ratio, away)
			named = named || s.Metric == results.MetricForwarded && c.Verdict == results.VerdictWorse && max(away, -away) <= 2
		}
	}
	if !named {
		t.Errorf("no change for the worse in %s within two runs of run %d", results.MetricForwarded, *proofRuns+1)
	}
	if code != exitRegression {
		t.Errorf("exit code %d, want %d", code, exitRegression)
	}
}

// TestProofBisect looks for one slow commit among 16, one of which does not build, by the thresholds that a gate has by
// itself, and wants it each time.
func TestProofBisect(t *testing.T) {
	needRoot(t)
	needCompiler(t)
	const slow, broken, commits = 11, 12, 16
	texts := make([]string, commits)
	for i := range texts {
		texts[i] = "\t\t// change " + itoa(i+1)
		if i+1 >= slow {
			texts[i] += "\n" + proofSlow(bisectSpin)
		}
	}
	texts[broken-1] = "#error commit " + itoa(broken) + " does not build"
	file := bisectRepository(t, texts...)
	for i := range *proofTimes {
		out := filepath.Join(t.TempDir(), "bisect.jsonl")
		args := append(strings.Fields("bisect main~16 main -q --no-calibration -o "+out+" --program "+file+" "+*proofGate+" --"), strings.Fields(*proofWords)...)
		code, stdout, stderr := proof(t, args...)
		t.Logf("time %d: exit code %d\n%s%s", i+1, code, stdout, stderr)
		if code != exitSuccess {
			t.Errorf("time %d: exit code %d, want %d", i+1, code, exitSuccess)
		}
		found := readBack(t, out).Bisects
		if !slices.ContainsFunc(found, func(b results.Bisect) bool {
			return b.Answer == "found" && len(b.Suspects) == 1 && b.Suspects[0].Subject == "commit "+itoa(slow)
		}) {
			t.Errorf("time %d: found %+v, want commit %d", i+1, found, slow)
		}
	}
}
