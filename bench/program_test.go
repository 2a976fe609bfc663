package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runner is a program of others: our forwarder, started as anybody would, with what it does besides.
const runner = `#!/bin/sh
%s
exec "$1" forward --attach --a "$TUNBENCH_A_NETNS:$TUNBENCH_A_DEVICE" --b "$TUNBENCH_B_NETNS:$TUNBENCH_B_DEVICE"
`

// programRepository is a repository with two commits of a program file and its program: the second does more.
func programRepository(t *testing.T, more string) (file string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mine", "bench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir = filepath.Dir(dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	write("mine.yaml", fmt.Sprintf("name: mine\ncommand: [./built.sh, %s]\nmultiqueue: true\nbuild: [cp, source.sh, built.sh]\nversion: [cat, source.sh]\nready: {within: 5m}\nstop: {within: 5m}\n", own))
	write("source.sh", fmt.Sprintf(runner, ""))
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	write("source.sh", fmt.Sprintf(runner, more))
	git("commit", "-q", "-a", "-m", "second")
	return filepath.Join(dir, "mine.yaml")
}

// TestGateOfAProgram: a commit that costs much more CPU time fails the gate, a comment passes it. What is built goes with the gate, and the
// repository stays as it is.
func TestGateOfAProgram(t *testing.T) {
	needRoot(t)
	thresholds := filepath.Join(t.TempDir(), "gate.yaml")
	text := "confidence: 0.6\nmetrics:\n  cpu.dut_ns_per_packet: {margin: 150%, required: true}\n"
	for _, m := range []string{"forwarded_pps", "delivered_ratio", "latency_ns.p50"} {
		text += "  " + m + ": {required: false}\n"
	}
	if err := os.WriteFile(thresholds, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		more string
		code int
	}{
		// It burns all CPUs, whatever it forwards: far more per packet than the load costs, also where it gets a part of them only.
		"slow":    {"for i in 1 2 3 4; do (while :; do :; done) & done", exitRegression},
		"comment": {"# it does the same", exitSuccess},
	} {
		t.Run(name, func(t *testing.T) {
			file, temp := programRepository(t, test.more), t.TempDir()
			t.Setenv("TMPDIR", temp)
			out := filepath.Join(t.TempDir(), "gate.jsonl")
			args := append(strings.Fields("gate -n 5 --min-rounds 5 --baseline git:HEAD~1 size=64 load=1000 pin=off duration=400ms warmup=20ms --no-calibration --no-control"), "--program", file, "--thresholds", thresholds, "-o", out)
			code, stdout, stderr := tunbench(t, args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d: %s%s", code, test.code, stderr, stdout)
			}
			for _, c := range readBack(t, out).Comparisons {
				if !strings.HasPrefix(c.ProgramA, "git:HEAD~1 (") || c.ProgramB != "mine as it stands" {
					t.Errorf("compared %q with %q", c.ProgramB, c.ProgramA)
				}
			}
			if left := entries(t, temp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if here := entries(t, filepath.Dir(file)); len(here) != 2 {
				t.Errorf("in the folder of the program file: %v", here)
			}
		})
	}
}

// TestRunOfAProgram beside references, in one table; its record says what it was.
func TestRunOfAProgram(t *testing.T) {
	needRoot(t)
	file, out := programRepository(t, "echo here I am"), filepath.Join(t.TempDir(), "run.jsonl")
	build := exec.Command("cp", "source.sh", "built.sh")
	build.Dir = filepath.Dir(file)
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := tunbench(t, append(strings.Fields("run dut=mine,forwarder,route load=2000 duration=100ms warmup=0s --no-calibration -o "+out), "--program", file)...)
	if code != exitSuccess || !strings.Contains(stdout, "\nmine ") {
		t.Errorf("exit code %d: %s%s", code, stderr, stdout)
	}
	for _, trial := range readBack(t, out).Trials {
		if isMine := strings.Contains(trial.Scenario, "dut=mine/"); !isMine {
			continue
		}
		about := trial.DUT.External
		if about == nil || !strings.HasPrefix(about.File, "name: mine") || about.Version != "#!/bin/sh" || !strings.Contains(about.Output, "here I am") {
			t.Errorf("the record says %+v", about)
		}
	}
}

// TestWrongPrograms are wrong usage, whatever command names them.
func TestWrongPrograms(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"name: mine\ncommands: [a]":         "mine.yaml:2: commands: no such key; there are: name, command",
		"name: mine":                        "mine.yaml:1: command is missing",
		"name: route\ncommand: [/bin/true]": "dut=route: the name is taken",
	} {
		file := filepath.Join(dir, "mine.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"run", "search", "ab", "sweep", "burst", "soak", "gate --baseline ."} {
			code, _, stderr := tunbench(t, append(strings.Fields(command), "--program", file)...)
			if code != exitUsage || !strings.Contains(stderr, want) {
				t.Errorf("%s: exit code %d: %s; want %q", command, code, stderr, want)
			}
		}
	}
	if code, _, stderr := tunbench(t, "run", "--program", filepath.Join(dir, "none.yaml")); code != exitUsage || !strings.Contains(stderr, "none.yaml") {
		t.Errorf("no file: exit code %d: %s", code, stderr)
	}
	file := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(file, []byte("name: mine\ncommand: [./nowhere]"), 0o600); err != nil {
		t.Fatal(err)
	}
	needRoot(t)
	code, stdout, stderr := tunbench(t, "run", "--program", file, "dut=mine", "duration=100ms", "--no-calibration")
	if code != exitFailure || !strings.Contains(stdout+stderr, "nowhere") {
		t.Errorf("no such command: exit code %d: %s%s", code, stderr, stdout)
	}
}

// TestProgramOfAKilledRun ends with the next run at the latest, with all that it started.
func TestProgramOfAKilledRun(t *testing.T) {
	needRoot(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	file := programRepository(t, "# the same")
	marker := filepath.Join(t.TempDir(), "daemon")
	script := fmt.Sprintf(runner, fmt.Sprintf("setsid sh -c 'echo $$ > %s; while :; do sleep 1; done' &", marker))
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "built.sh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd, _, _ := command(t, append(strings.Fields("run dut=mine load=1000 duration=1h warmup=0s --no-calibration"), "--program", file)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	daemon := 0
	eventually(t, "the program has started a daemon", func() bool {
		text, _ := os.ReadFile(marker)
		_, err := fmt.Sscan(string(text), &daemon)
		return err == nil
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code, _, stderr := tunbench(t, "clean"); code != exitSuccess {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if alive(daemon) {
		t.Error("its daemon lives")
	}
	if left := entries(t, temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
