package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/results"
	"tunbench/results/analysis"
)

// TestSweepDryRun: no root, no measurement, the cells and the time.
func TestSweepDryRun(t *testing.T) {
	code, stdout, stderr := tunbench(t, strings.Fields("sweep --dry-run proto=tcp vnet=on,off offload=none,all duration=1s warmup=0s -n 10")...)
	const want = "vnet=on offload=none\nvnet=on offload=all\nvnet=off offload=none\n3 cells (full design), 10 rounds: 30 trials, about 32s\n"
	if code != exitSuccess || stdout != want {
		t.Errorf("exit code %d, %s; prints\n%swant\n%s", code, stderr, stdout, want)
	}
	if !strings.Contains(stderr, "left out because of a rule between keys: 1") || !strings.Contains(stderr, "vnet header") {
		t.Errorf("says %q", stderr)
	}
	_, pairwise, _ := tunbench(t, strings.Fields("sweep --dry-run --design pairwise queues=1,2 flows=1,2,3 txqlen=1,2,3 ip=4,6")...)
	if cells := strings.Count(pairwise, "\n") - 1; cells < 9 || cells > 12 {
		t.Errorf("%d cells of a pairwise design:\n%s", cells, pairwise)
	}
}

// TestSweepInterruptedAndResumed ends with every cell once per round, and an order of the knobs.
func TestSweepInterruptedAndResumed(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "sweep.jsonl")
	sweep := slices.Clip(append(strings.Fields("sweep proto=tcp offload=none,all txqlen=200,1000 engine=sync,uring duration=200ms warmup=50ms -n 2 -o"), file))
	interruptAfter(t, file, 5, sweep...)
	f := readBack(t, file)
	if f.End == nil || f.End.Status != results.Interrupted || len(f.Sweeps) != 1 || len(f.Trials) >= 16 {
		t.Fatalf("end %+v, sweeps %+v, %d trials", f.End, f.Sweeps, len(f.Trials))
	}
	for _, other := range [][]string{append(sweep, "--resume", "-n", "3"), append(sweep, "--resume", "queues=2"), append(sweep, "--resume", "--seed", "1")} {
		if code, _, stderr := tunbench(t, other...); code != exitUsage || !strings.Contains(stderr, "begun with other") {
			t.Errorf("another design: exit code %d: %s", code, stderr)
		}
	}
	code, stdout, stderr := tunbench(t, append(sweep, "--resume")...)
	if code != exitSuccess {
		t.Fatalf("resume: exit code %d: %s", code, stderr)
	}
	f = readBack(t, file)
	seen := map[string]int{}
	for _, trial := range f.Trials {
		if !trial.Interrupted && !trial.Failed() {
			seen[trial.Scenario+" in round "+itoa(trial.Round)]++
		}
	}
	if len(seen) != 16 || len(f.Warnings) > 0 || f.End == nil || f.End.Status != results.Completed || f.End.Trials != len(f.Trials) || len(f.Sweeps) != 2 {
		t.Errorf("%d trials, warnings %v, end %+v", len(seen), f.Warnings, f.End)
	}
	for trial, n := range seen {
		if n != 1 {
			t.Errorf("%s was measured %d times", trial, n)
		}
	}
	effects, ok := analysis.EffectsOf(f.Sweeps[0], f.Trials)
	if !ok || len(effects.Ranked) == 0 {
		t.Errorf("effects %+v", effects)
	}
	for _, knob := range []string{"offload", "txqlen", "engine"} {
		if !strings.Contains(stdout, knob) {
			t.Errorf("no word of %s in\n%s", knob, stdout)
		}
	}
	if code, again, stderr := tunbench(t, "report", file); code != exitSuccess || again != stdout {
		t.Errorf("report: exit code %d, %s:\n%s", code, stderr, again)
	}
	if code, again, stderr := tunbench(t, append(sweep, "--resume")...); code != exitSuccess || again != stdout || !strings.Contains(stderr, "nothing is missing") {
		t.Errorf("nothing to resume: exit code %d, %s", code, stderr)
	}
}

// interruptAfter sends SIGINT to a command when its file has so many trials.
func interruptAfter(t *testing.T, file string, trials int, args ...string) {
	t.Helper()
	cmd, _, stderr := command(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		b, _ := os.ReadFile(file) // it may not be there yet
		if strings.Count(string(b), `"record":"trial"`) >= trials {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %d trials: %s", trials, stderr)
		}
	}
	if err := cmd.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitFailure || !strings.Contains(stderr.String(), "--resume") {
		t.Errorf("interrupted: exit code %d: %s", code, stderr)
	}
}

// TestSweepOverSysctls: they are set in the scene, and one that no namespace has is said before anything is measured.
func TestSweepOverSysctls(t *testing.T) {
	needRoot(t)
	trials := trialsOf(t, strings.Fields("sweep --json proto=tcp sysctl.net.ipv4.tcp_rmem=4096+8192+16384,4096+131072+33554432 duration=200ms warmup=0s -n 1")...)
	if len(trials) != 2 || trials[0].Scenario == trials[1].Scenario {
		t.Fatalf("trials %+v", trials)
	}
	cmd, _, _, _ := begin(t, "proto=tcp", "sysctl.net.ipv4.tcp_rmem=4096+8192+16384", "duration=1h")
	for _, namespace := range namespacesOf(t, itoa(cmd.Process.Pid)) {
		err := tun.InNamespace(namespace, func() error {
			b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_rmem")
			if got := strings.Join(strings.Fields(string(b)), " "); got != "4096 8192 16384" {
				t.Errorf("%s has a receive buffer of %q", namespace, got)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	code, _, stderr := tunbench(t, "sweep", "proto=tcp", "sysctl.net.core.netdev_budget=100,300")
	if code != exitUnsupported || !strings.Contains(stderr, "netdev_budget") || !strings.Contains(stderr, "set it there") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestSweepIsNotResumedWhileItRuns: two processes would spoil each other's file.
func TestSweepIsNotResumedWhileItRuns(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "sweep.jsonl")
	sweep := slices.Clip(strings.Fields("sweep queues=1,2 load=1k duration=100ms warmup=0s --no-calibration -n 10000 -o " + file))
	cmd, _, stderr := command(t, sweep...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	hasTrials(t, file, 1)
	code, _, said := tunbench(t, append(sweep, "--resume")...)
	if code != exitFailure || !strings.Contains(said, "is being written by process "+itoa(cmd.Process.Pid)) {
		t.Errorf("resumed while it runs: exit code %d: %s", code, said)
	}
	if err := cmd.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitFailure {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if f := readBack(t, file); len(f.Warnings) > 0 || len(f.Sweeps) != 1 || f.End == nil {
		t.Errorf("warnings %v, %d sittings, end %v", f.Warnings, len(f.Sweeps), f.End)
	}
}
