package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tunbench/bench/internal/bisect"
	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/program"
	"tunbench/results"
)

// cLine is the line of the example in C that every packet passes.
const cLine = "\t\tif (n > 0 && write("

// cExample is a copy of the example in C, with a text before the line that every packet passes; "" is the example as it is.
func cExample(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "c")
	if err := os.CopyFS(dir, os.DirFS("examples/c")); err != nil {
		t.Fatal(err)
	}
	// Where somebody has built it, a copy of that may seem as new as its source.
	if err := os.Remove(filepath.Join(dir, "c-forwarder")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if text != "" {
		changeExample(t, dir, text)
	}
	return dir
}

// changeExample writes the example anew, with a text before the line that every packet passes.
func changeExample(t *testing.T, dir, text string) {
	t.Helper()
	source, err := os.ReadFile("examples/c/c-forwarder.c")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(source), cLine, text+"\n"+cLine, 1)
	if changed == string(source) {
		t.Fatalf("the example has no line %q", cLine)
	}
	if err := os.WriteFile(filepath.Join(dir, "c-forwarder.c"), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

// bisectRepository has the example in C as its first commit, then a commit for each text, with that text before the line that
// every packet passes.
func bisectRepository(t *testing.T, texts ...string) (file string) {
	t.Helper()
	dir := cExample(t, "")
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-q", "-m", "commit 0")
	for i, text := range texts {
		changeExample(t, dir, text)
		git("commit", "-q", "-a", "-m", "commit "+itoa(i+1))
	}
	return filepath.Join(dir, "program.yaml")
}

// bisectBriefly are words and a file of thresholds by which a cost of many times as much is found in few rounds.
func bisectBriefly(t *testing.T, file string) []string {
	t.Helper()
	thresholds := filepath.Join(t.TempDir(), "bisect.yaml")
	text := "confidence: 0.6\nmetrics:\n  cpu.dut_ns_per_packet: {margin: 300%, required: true}\n"
	for _, m := range []string{"forwarded_pps", "delivered_ratio", "latency_ns.p50"} {
		text += "  " + m + ": {required: false}\n"
	}
	if err := os.WriteFile(thresholds, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(strings.Fields("-n 5 --min-rounds 5 --again 0 --no-calibration --no-control --program "+file+" --thresholds "+thresholds+" --"),
		strings.Fields("size=64 load=1000 duration=400ms warmup=0s pin=off")...)
}

// slowLine costs some tenths of a millisecond for each packet, on any machine many times what it costs without.
const slowLine = "\t\tfor (volatile int spin = 0; spin < 600000; spin++) continue;"

// needCompiler skips a test that builds the example in C where that cannot be, but in CI.
func needCompiler(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"git", "make", "cc"} {
		if _, err := exec.LookPath(tool); err != nil && os.Getenv("CI") == "" {
			t.Skipf("builds a program in C: %v", err)
		}
	}
}

// TestBisect finds a slow commit past one that does not build, and leaves nothing.
func TestBisect(t *testing.T) {
	needRoot(t)
	needCompiler(t)
	file, temp, out := bisectRepository(t, "#error it does not build", "\t\t// fine", slowLine), t.TempDir(), filepath.Join(t.TempDir(), "bisect.jsonl")
	t.Setenv("TMPDIR", temp)
	code, stdout, stderr := tunbench(t, append([]string{"bisect", "main~3", "main", "-o", out}, bisectBriefly(t, file)...)...)
	if code != exitSuccess || !strings.Contains(stdout, "is the first slower commit: commit 3") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if !strings.Contains(stderr, "is skipped") || !strings.Contains(stderr, "it does not build") {
		t.Errorf("nothing says why a commit was skipped: %s", stderr)
	}
	f := readBack(t, out)
	if len(f.Bisects) != 1 {
		t.Fatalf("%d records of the answer", len(f.Bisects))
	}
	answer := f.Bisects[0]
	if answer.Answer != "found" || len(answer.Suspects) != 1 || answer.Suspects[0].Subject != "commit 3" {
		t.Errorf("the record says %+v", answer)
	}
	var verdicts []string
	for _, s := range answer.Steps {
		verdicts = append(verdicts, s.Verdict)
		if s.Verdict == "slower" && (s.Metric != results.MetricDUTCost || s.Ratio < 3 || s.Rounds != 10) {
			t.Errorf("a slower step rests on %+v", s)
		}
	}
	if got := strings.Join(verdicts, ", "); got != "slower, skipped, not slower, slower" {
		t.Errorf("steps: %s", got)
	}
	if len(f.Gates) != 3 { // the skipped one was not measured
		t.Errorf("%d records of comparisons, want 3", len(f.Gates))
	}
	if left := entries(t, temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestBisectRefuses what is no question, before anything is measured.
func TestBisectRefuses(t *testing.T) {
	needRoot(t)
	t.Parallel()
	file := bisectRepository(t, "// one")
	for name, test := range map[string]struct {
		words string
		code  int
		says  string
	}{
		"no such revision":  {"nowhere main --program " + file, exitUsage, "not found"},
		"the wrong way":     {"main main~1 --program " + file, exitUsage, "a later one of the same branch"},
		"the same":          {"main main --program " + file, exitUsage, "a later one of the same branch"},
		"one revision":      {"main", exitUsage, "at least 2 arg"},
		"no program":        {"main~1 main --program " + file + ".none", exitUsage, "--program"},
		"other devices":     {"main~1 main dut=route", exitUsage, "a gate compares builds"},
		"too many rounds":   {"main~1 main --again 9", exitUsage, "0 to 5 times"},
		"unknown threshold": {"main~1 main --thresholds " + file, exitUsage, "program.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := tunbench(t, append([]string{"bisect"}, strings.Fields(test.words)...)...)
			if code != test.code || !strings.Contains(stderr, test.says) || stdout != "" {
				t.Errorf("exit code %d, want %d: %s%s", code, test.code, stdout, stderr)
			}
		})
	}
}

// TestBisectNamesFewCommits: where nothing was learned no commit is named, and of many suspects the first and the last.
func TestBisectNamesFewCommits(t *testing.T) {
	b := &campaign.Bisected{}
	for i := range 41 {
		b.Commits = append(b.Commits, program.Commit{Hash: "hash-" + itoa(i), Subject: "commit " + itoa(i)})
	}
	for answer, want := range map[bisect.Answer]int{bisect.Unknown: 0, bisect.NotSlower: 0, bisect.Several: 8} {
		b.Result = bisect.Result{Answer: answer, First: 1, Last: 40}
		text := bisectText(b, true)
		if n := strings.Count(text, "\n  hash-"); n != want || strings.Contains(text, "… 32 more") != (want > 0) {
			t.Errorf("%s: %d commits are named, want %d:\n%s", answer, n, want, text)
		}
	}
	b.Result = bisect.Result{Answer: bisect.Several, First: 1, Last: 9}
	if text := bisectText(b, true); strings.Count(text, "\n  hash-") != 9 || strings.Contains(text, "…") {
		t.Errorf("nine commits:\n%s", text)
	}
}
