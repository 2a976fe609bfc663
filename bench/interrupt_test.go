package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/results"
)

func itoa(n int) string { return strconv.Itoa(n) }

// begin starts a measurement with a file, without calibration, and waits until its
// forwarder runs.
func begin(t *testing.T, words ...string) (cmd *exec.Cmd, child int, file string, stderr *bytes.Buffer) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "run.jsonl")
	cmd, _, stderr = command(t, append([]string{"run", "--no-calibration", "-o", file}, words...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(t, "the forwarder starts", func() bool {
		child = childOf(t, cmd.Process.Pid)
		return child != 0 && len(namespacesOf(t, itoa(cmd.Process.Pid))) == 2
	})
	return cmd, child, file, stderr
}

// childOf returns the forwarder that the process pid started, or 0. That it runs its
// own program matters: until then it is a copy of pid, and Go once starts a child that
// ends at once, to learn what the kernel can do.
func childOf(t *testing.T, pid int) int {
	t.Helper()
	lists, err := filepath.Glob(filepath.Join("/proc", itoa(pid), "task/*/children"))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		b, _ := os.ReadFile(list) // the thread may have ended
		for _, field := range strings.Fields(string(b)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			words, _ := os.ReadFile(filepath.Join("/proc", field, "cmdline"))
			if bytes.Contains(words, []byte("\x00--control\x00")) {
				return child
			}
		}
	}
	return 0
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// exit waits for the process and returns its exit code.
func exit(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	select {
	case <-done:
		return cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatal("the process does not end")
		return 0
	}
}

func readBack(t *testing.T, file string) *results.File {
	t.Helper()
	f, err := results.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestInterruptKeepsWhatWasMeasured(t *testing.T) {
	needRoot(t)
	t.Parallel()
	for name, sig := range map[string]unix.Signal{"Ctrl-C": unix.SIGINT, "SIGTERM": unix.SIGTERM, "hang-up": unix.SIGHUP} {
		t.Run(name, func(t *testing.T) {
			cmd, child, file, stderr := begin(t, "load=10000", "duration=1h", "warmup=0s")
			underLoad(t, cmd, 1)
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := exit(t, cmd); code != exitFailure {
				t.Errorf("exit code %d, want %d", code, exitFailure)
			}
			if !strings.Contains(stderr.String(), "interrupted") {
				t.Errorf("standard error does not say so: %s", stderr)
			}
			if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 || alive(child) {
				t.Errorf("left behind: %v, forwarder alive %v", left, alive(child))
			}
			f := readBack(t, file)
			if f.End == nil || f.End.Status != results.Interrupted {
				t.Errorf("end record %+v, want one that says interrupted", f.End)
			}
			if len(f.Trials) != 1 || !f.Trials[0].Interrupted || f.Trials[0].Ledger.Packets(results.PlaceSink) == 0 {
				t.Errorf("the trial in flight is not in the file with what it had: %+v", f.Trials)
			}
			if code, stdout, _ := tunbench(t, "report", file); code != exitSuccess || !strings.Contains(stdout, "interrupted") {
				t.Errorf("report exits %d and prints %s", code, stdout)
			}
		})
	}
}

// TestInterruptedTCPKeepsWhatWasMeasured: streams flow from their opening on, and nothing
// outside shows when the measurement of them begins. Where the signal came before that, or
// before the first byte after it, another run gets it after more bytes.
func TestInterruptedTCPKeepsWhatWasMeasured(t *testing.T) {
	needRoot(t)
	t.Parallel()
	const most = 4 << 30
	for bytes := 1 << 20; ; bytes *= 8 {
		cmd, _, file, _ := begin(t, "proto=tcp", "duration=1h", "warmup=0s")
		underLoad(t, cmd, bytes)
		if err := cmd.Process.Signal(unix.SIGINT); err != nil {
			t.Fatal(err)
		}
		if code := exit(t, cmd); code != exitFailure {
			t.Errorf("exit code %d, want %d", code, exitFailure)
		}
		f := readBack(t, file)
		if len(f.Trials) != 1 || !f.Trials[0].Interrupted {
			t.Fatalf("the trial in flight is not in the file: %+v", f.Trials)
		}
		trial := f.Trials[0]
		if trial.ThroughputBps != nil && *trial.ThroughputBps > 0 {
			return
		}
		if bytes > most {
			t.Fatalf("the record does not have what was measured: %+v", trial)
		}
		t.Logf("after %d bytes nothing was measured yet: %s", bytes, trial.Error)
	}
}

// TestStuckForwarderFailsTheTrial: a child that is alive, does not answer and does not end when it is told to costs the trial
// in which it is found, and no other. Most of the time is patience, which others can use.
func TestStuckForwarderFailsTheTrial(t *testing.T) {
	needRoot(t)
	t.Parallel()
	for name, c := range map[string]struct {
		duration string
		bytes    int // that have come through when it is stopped
	}{
		"as it starts": {"duration=1s", 0},
		"under load":   {"duration=10s", 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, child, file, stderr := begin(t, "-n", "2", "load=1000", "warmup=0s", c.duration)
			if c.bytes > 0 {
				underLoad(t, cmd, c.bytes)
			}
			if err := unix.Kill(child, unix.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the run gives up", func() bool { return !alive(child) })
			if code := exit(t, cmd); code != exitFailure {
				t.Errorf("exit code %d, want %d: %s", code, exitFailure, stderr)
			}
			if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			trials := readBack(t, file).Trials
			if len(trials) != 2 || !trials[0].Failed() || trials[1].Failed() {
				t.Fatalf("want one trial that failed and one that did not: %+v", trials)
			}
			if c.bytes > 0 && !strings.Contains(trials[0].Error, "did not end within") {
				t.Errorf("the trial failed for another reason: %s", trials[0].Error)
			}
		})
	}
}

func TestTwoRunsDoNotMeet(t *testing.T) {
	needRoot(t)
	t.Parallel()
	first, _, file, _ := begin(t, "load=100", "duration=1h", "warmup=0s", roomy)
	underLoad(t, first, 1)
	second := measured(t, "load=5000", "duration=500ms", "warmup=0s", roomy)
	if code, _, stderr := tunbench(t, "clean"); code != exitSuccess {
		t.Errorf("clean: exit code %d: %s", code, stderr)
	}
	if got := namespacesOf(t, itoa(first.Process.Pid)); len(got) != 2 {
		t.Errorf("the first run's namespaces are %v while it runs", got)
	}
	if err := first.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, first); code != exitFailure {
		t.Errorf("first run: exit code %d, want that of an interrupted one", code)
	}
	for _, trial := range append(second, readBack(t, file).Trials...) {
		if lostOnTheWay(trial) != 0 || trial.Ledger.Packets(results.PlaceUnaccounted) != 0 {
			t.Errorf("%s: %v", trial.Scenario, trial.Ledger)
		}
	}
}

func TestOutputIsNeverOverwritten(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "precious.jsonl")
	if err := os.WriteFile(file, []byte("precious\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := tunbench(t, "run", "-o", file)
	if code != exitFailure || !strings.Contains(stderr, file) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious\n" {
		t.Errorf("the file now holds %q (%v)", b, err)
	}
}

// TestDiskFull measures onto a file system that has room for a host record and
// little more.
func TestDiskFull(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	if err := unix.Mount("tunbench-test", dir, "tmpfs", 0, "size=8k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	file := filepath.Join(dir, "run.jsonl")
	cmd, _, stderr := command(t, "run", "--no-calibration", "-n", "50", "-o", file, "load=1000", "duration=100ms", "warmup=0s")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitFailure || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	f := readBack(t, file)
	if len(f.Trials) == 0 || len(f.Trials) >= 50 {
		t.Errorf("%d trials on a disk for a few", len(f.Trials))
	}
	for _, w := range f.Warnings {
		if strings.Contains(w.Text, "torn") {
			t.Errorf("a full disk tore a line: %v", w)
		}
	}
	if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
