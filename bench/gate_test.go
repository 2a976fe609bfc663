package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/gate"
	"tunbench/results"
)

func TestGateVerdict(t *testing.T) {
	report := func(o gate.Outcome) gate.Report {
		return gate.Report{Scenarios: []gate.Scenario{{Series: []gate.Series{{}}, Findings: []gate.Finding{{Required: true, Outcome: o}}}}}
	}
	for o, want := range map[gate.Outcome]error{
		gate.Same: nil, gate.Better: nil, gate.NotConfirmed: nil, gate.Worse: errRegression, gate.Inconclusive: errInconclusive,
	} {
		if got := gateVerdict(report(o)); !errors.Is(got, want) {
			t.Errorf("%s: %v", o, got)
		}
	}
}

// wrapped is a repository whose source is that of a program which becomes this test
// binary: a build of tunbench that takes no time.
func wrapped(t *testing.T) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TUNBENCH_TEST_PROGRAM", own)
	dir := t.TempDir()
	const program = `package main

import (
	"os"
	"syscall"
)

func main() { panic(syscall.Exec(os.Getenv("TUNBENCH_TEST_PROGRAM"), os.Args, os.Environ())) }
`
	for name, text := range map[string]string{"go.mod": "module tunbench\n", "bench/main.go": program} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	return dir
}

// entries lists a folder. The caches of the compiler are none of it.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), "go-build") {
			names = append(names, e.Name())
		}
	}
	return names
}

const briefly = "load=20000 duration=100ms warmup=20ms --no-calibration --no-control"

// TestGate: two rounds decide nothing, which is an exit code, a record, a summary and
// JUnit XML. The builds are gone afterwards.
func TestGate(t *testing.T) {
	needRoot(t)
	source, temp, out := wrapped(t), t.TempDir(), t.TempDir()
	t.Chdir(source)
	t.Setenv("TMPDIR", temp)
	file, markdown, junit := filepath.Join(out, "gate.jsonl"), filepath.Join(out, "gate.md"), filepath.Join(out, "gate.xml")
	args := append(strings.Fields("gate --baseline git:HEAD --candidate . size=64,128 -n 2 "+briefly), "-o", file, "--markdown", markdown, "--junit", junit)
	code, stdout, stderr := tunbench(t, args...)
	if code != exitInconclusive || !strings.Contains(stderr, "gate: inconclusive") {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	f := readBack(t, file)
	if len(f.Trials) != 16 || f.Trials[15].Series != 1 || f.End.Status != results.Completed {
		t.Errorf("%d trials, end %+v", len(f.Trials), f.End)
	}
	for _, c := range f.Comparisons {
		if !strings.Contains(c.ProgramA, "tunbench-") || !strings.Contains(c.ProgramB, "tunbench-folder") {
			t.Errorf("compared %s with %s", c.ProgramB, c.ProgramA)
		}
	}
	for path, words := range map[string][]string{
		markdown: {"**tunbench gate: inconclusive", "Baseline: git:HEAD (", "Candidate: the source in .", "| size=128 | forwarded pps |"},
		junit:    {"<testsuites", `errors="0"`, "<skipped", "size=128"},
	} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !strings.Contains(string(b), word) {
				t.Errorf("%q is missing from\n%s", word, b)
			}
		}
	}
	if !strings.Contains(stdout, "gate: inconclusive: none of") {
		t.Errorf("no verdict:\n%s", stdout)
	}
	if left := entries(t, temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if written := entries(t, out); len(written) != 3 {
		t.Errorf("wrote %v", written)
	}
}

// TestGateOfABrokenBuild: what cannot be compared decides nothing, and the next scenario
// is tried.
func TestGateOfABrokenBuild(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	broken, junit := filepath.Join(dir, "tunbench"), filepath.Join(dir, "gate.xml")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := tunbench(t, strings.Fields("gate --baseline "+broken+" --junit "+junit+" size=64,128 -n 2 "+briefly)...)
	if code != exitInconclusive || strings.Count(stdout, "exit status 7") != 2 {
		t.Errorf("exit code %d: %s%s", code, stderr, stdout)
	}
	if b, err := os.ReadFile(junit); err != nil || !strings.Contains(string(b), `errors="2"`) {
		t.Errorf("%s, %v", b, err)
	}
}

// TestInterruptedGate leaves nothing but its records.
func TestInterruptedGate(t *testing.T) {
	needRoot(t)
	source, temp, out := wrapped(t), t.TempDir(), t.TempDir()
	t.Chdir(source)
	t.Setenv("TMPDIR", temp)
	file := filepath.Join(out, "gate.jsonl")
	cmd, stdout, stderr := command(t, strings.Fields("gate --baseline git:HEAD --no-calibration load=10000 duration=1m warmup=0s -o "+file+
		" --markdown "+filepath.Join(out, "gate.md")+" --junit "+filepath.Join(out, "gate.xml"))...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the forwarder starts", func() bool {
		return childOf(t, cmd.Process.Pid) != 0 && len(namespacesOf(t, itoa(cmd.Process.Pid))) == 2
	})
	if len(entries(t, temp)) == 0 {
		t.Error("nothing was built")
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitFailure || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d: %s%s", code, stderr, stdout)
	}
	if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left := entries(t, temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if written := entries(t, out); len(written) != 1 {
		t.Errorf("wrote %v", written)
	}
	if f := readBack(t, file); f.End == nil || f.End.Status != results.Interrupted {
		t.Errorf("end record %+v", f.End)
	}
}

// TestGateReadsThresholds before anything else.
func TestGateReadsThresholds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gate.yaml")
	if err := os.WriteFile(file, []byte("rounds: 3\nmetrics:\n  latency_ns.p98: {margin: 3%}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := tunbench(t, "gate", "--baseline", "x", "--thresholds", file)
	if code != exitUsage || !strings.Contains(stderr, file+":3: latency_ns.p98: no such metric; there are: forwarded_pps") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestGateLimits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gate.yaml")
	if err := os.WriteFile(file, []byte("rounds: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		o    gateOptions
		want int
	}{
		{gateOptions{series: series{rounds: 20, minRounds: 1}}, 20},
		{gateOptions{series: series{rounds: 20, minRounds: 1}, thresholds: file}, 3},
		{gateOptions{series: series{rounds: 7, minRounds: 1}, thresholds: file, roundsGiven: true}, 7},
	} {
		if _, err := test.o.limits(); err != nil || test.o.rounds != test.want {
			t.Errorf("%d rounds, %v, want %d", test.o.rounds, err, test.want)
		}
	}
}
