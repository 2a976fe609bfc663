package main

import (
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestKilledForwarderFailsTheTrial(t *testing.T) {
	needRoot(t)
	t.Parallel()
	cmd, child, file, stderr := begin(t, "load=10000", "duration=1h", "warmup=0s")
	underLoad(t, cmd, 1)
	if err := unix.Kill(child, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitFailure {
		t.Errorf("exit code %d, want %d: %s", code, exitFailure, stderr)
	}
	if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	f := readBack(t, file)
	if len(f.Trials) != 1 || !strings.Contains(f.Trials[0].Error, "killed") {
		t.Errorf("the trial does not say that its forwarder was killed: %+v", f.Trials)
	}
}

// TestKilledRunIsCleanedUp: nothing can be done at the moment of SIGKILL, so the
// forwarder must end by itself and the next command remove the rest. Any other run on the
// machine may do that at once: then it is tried again.
func TestKilledRunIsCleanedUp(t *testing.T) {
	needRoot(t)
	for _, next := range []string{"clean", "run load=1000 duration=100ms warmup=0s --no-calibration"} {
		t.Run(next, func(t *testing.T) {
			for range 20 {
				cmd := killedRun(t)
				code, stdout, stderr := tunbench(t, strings.Fields(next)...)
				if code != exitSuccess {
					t.Errorf("%s: exit code %d: %s", next, code, stderr)
				}
				if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 {
					t.Errorf("%s leaves %v of a dead run", next, left)
				}
				if next != "clean" || strings.Contains(stdout, "tb-"+itoa(cmd.Process.Pid)+"-a") {
					return
				}
				t.Logf("clean does not say that it removed anything: %q", stdout)
			}
			t.Error("clean never says what it removes")
		})
	}
}

// killedRun is a measurement that was killed, left its two namespaces, and whose forwarder
// has ended.
func killedRun(t *testing.T) *exec.Cmd {
	t.Helper()
	for range 20 {
		cmd, child, _, _ := begin(t, "load=10000", "duration=1h", "warmup=0s")
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = exit(t, cmd)
		left := namespacesOf(t, itoa(cmd.Process.Pid))
		eventually(t, "the forwarder notices and ends", func() bool { return !alive(child) })
		if len(left) == 2 {
			return cmd
		}
		t.Logf("a killed run left %v, want its two namespaces", left)
	}
	t.Fatal("killed runs leave nothing")
	return nil
}
