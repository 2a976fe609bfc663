package main

import (
	"runtime"
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

// TestKilledRunIsCleanedUp: nothing can be done at the moment of SIGKILL, so the forwarder must end by itself and the next
// command remove the rest.
func TestKilledRunIsCleanedUp(t *testing.T) {
	needRoot(t)
	for _, next := range []string{"clean", "run load=1000 duration=100ms warmup=0s --no-calibration"} {
		t.Run(next, func(t *testing.T) {
			ownRunFolder(t)
			pid := killedRun(t)
			code, stdout, stderr := tunbench(t, strings.Fields(next)...)
			if code != exitSuccess {
				t.Errorf("%s: exit code %d: %s", next, code, stderr)
			}
			if left := namespacesOf(t, itoa(pid)); len(left) > 0 {
				t.Errorf("%s leaves %v of a dead run", next, left)
			}
			if next == "clean" && !strings.Contains(stdout, "tb-"+itoa(pid)+"-a") {
				t.Errorf("clean does not say that it removed anything: %q", stdout)
			}
		})
	}
}

// ownRunFolder gives the test, and the commands that it starts, a /run of their own: any other run on the machine removes at once what
// a dead one leaves in the common one.
func ownRunFolder(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // for good: the thread ends with the test
	for _, word := range []string{"mounts", "tmpfs=/run"} {
		if err := confine(word); err != nil {
			t.Fatal(err)
		}
	}
}

// killedRun is the process of a measurement that was killed, left its two namespaces, and whose forwarder has ended.
func killedRun(t *testing.T) (pid int) {
	t.Helper()
	cmd, child, _, _ := begin(t, "load=10000", "duration=1h", "warmup=0s")
	pid = cmd.Process.Pid
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = exit(t, cmd)
	eventually(t, "the forwarder notices and ends", func() bool { return !alive(child) })
	if left := namespacesOf(t, itoa(pid)); len(left) != 2 {
		t.Fatalf("a killed run left %v, want its two namespaces", left)
	}
	return pid
}
