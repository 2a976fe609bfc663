package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/program"
	"tunbench/results"
)

func TestGateVerdict(t *testing.T) {
	report := func(o gate.Outcome) gate.Report {
		return gate.Report{Scenarios: []gate.Scenario{{Series: []gate.Series{{}}, Findings: []gate.Finding{{Required: true, Outcome: o}}}}}
	}
	failed := func(arm string) gate.Report {
		return gate.Report{Scenarios: []gate.Scenario{{Series: []gate.Series{{Failure: "boom", FailedArm: arm}}}}}
	}
	for arm, want := range map[string]int{results.ArmA: exitInconclusive, results.ArmControl: exitInconclusive, results.ArmB: exitFailure} {
		if got := exitCode(gateVerdict(failed(arm))); got != want {
			t.Errorf("arm %s failed: exit code %d, want %d", arm, got, want)
		}
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
		if !strings.HasPrefix(c.ProgramA, "git:HEAD (") || !strings.HasPrefix(c.ProgramB, "the source in . (sha256 ") {
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

// TestGateWords: a word that names no program is wrong usage, a host without the tools to build cannot do it; both come with the remedy.
func TestGateWords(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	data := filepath.Join(dir, "base.jsonl")
	if err := os.WriteFile(data, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	source, empty := wrapped(t), t.TempDir()
	for name, test := range map[string]struct {
		folder, path, word string
		code               int
		says               []string
	}{
		"a file that is no program":    {dir, os.Getenv("PATH"), data, exitUsage, []string{data, "is no program", "git:REV"}},
		"a folder without source":      {dir, os.Getenv("PATH"), dir, exitUsage, []string{dir, "source of tunbench not found", "git:REV"}},
		"a revision of no repository":  {dir, os.Getenv("PATH"), "git:HEAD", exitUsage, []string{"git:HEAD", "inside a clone"}},
		"a revision that is not there": {source, os.Getenv("PATH"), "git:none", exitUsage, []string{"git:none", "not found"}},
		"without git":                  {source, empty, "git:HEAD", exitUnsupported, []string{"git is not in PATH"}},
		"without go":                   {source, empty, ".", exitUnsupported, []string{"go is not in PATH"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(test.folder)
			t.Setenv("PATH", test.path)
			code, _, stderr := tunbench(t, append([]string{"gate", "--baseline", test.word, "size=64"}, strings.Fields(briefly)...)...)
			if code != test.code {
				t.Errorf("exit code %d, want %d: %s", code, test.code, stderr)
			}
			for _, word := range test.says {
				if !strings.Contains(strings.ReplaceAll(stderr, "REVISION", "REV"), word) {
					t.Errorf("%q does not mention %q", stderr, word)
				}
			}
		})
	}
}

// TestGateAsked: what decides about the figures is kept, and nothing else.
func TestGateAsked(t *testing.T) {
	for args, want := range map[string]string{
		"--baseline git:main -n 7 -o x -q --json --markdown y size=64": "--rounds=7 size=64",
		"--baseline git:main --no-control":                             "--no-control=true",
		"--baseline=git:main --candidate=. --junit=z a/b":              "a/b",
		"--baseline=git:main --program x.yaml --program y.yaml":        "--program=x.yaml --program=y.yaml",
	} {
		var o gateOptions
		flags := pflag.NewFlagSet("gate", pflag.ContinueOnError)
		o.add(flags)
		if err := flags.Parse(strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		o.asked(flags, flags.Args())
		if got := strings.Join(o.words, " "); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

// TestInterruptedGate leaves nothing but its records.
func TestInterruptedGate(t *testing.T) {
	needRoot(t)
	source, temp, out := wrapped(t), t.TempDir(), t.TempDir()
	t.Chdir(source)
	t.Setenv("TMPDIR", temp)
	file := filepath.Join(out, "gate.jsonl")
	cmd, stdout, stderr := command(t, strings.Fields("gate --baseline git:HEAD --no-calibration load=10000 duration=1h warmup=0s -o "+file+
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

// TestSelfTestOfAProgram: a program that understands no settings can be tested, too.
func TestSelfTestOfAProgram(t *testing.T) {
	file, err := program.Parse("mine.yaml", []byte("{name: mine, command: ./mine}"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = campaign.Declare(nil) }()
	for _, programs := range [][]*program.File{nil, {file}} {
		if err := campaign.Declare(programs); err != nil {
			t.Fatal(err)
		}
		o := gateOptions{series: series{rounds: 12, minRounds: 9}}
		if work, err := o.work(programs, selfTestWords(programs)); err != nil || len(work.Scenarios) != 1 {
			t.Errorf("of %d programs: %+v, %v", len(programs), work, err)
		}
	}
}
