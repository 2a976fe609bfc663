package main

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
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
			r := newRunFolder(t)
			pid := r.killedRun(t)
			cmd, stdout, stderr := command(t, strings.Fields(next)...)
			r.enter(cmd)
			if code := toItsEnd(t, cmd); code != exitSuccess {
				t.Errorf("%s: exit code %d: %s", next, code, stderr)
			}
			if left := r.namespacesOf(t, pid); len(left) > 0 {
				t.Errorf("%s leaves %v of a dead run", next, left)
			}
			if next == "clean" && !strings.Contains(stdout.String(), "tb-"+itoa(pid)+"-a") {
				t.Errorf("clean does not say that it removed anything: %q", stdout)
			}
		})
	}
}

// runFolder is a mount namespace with a /run of its own: any other run on the machine removes at once what a dead one leaves in the
// common one.
type runFolder struct{ holder *exec.Cmd }

func newRunFolder(t *testing.T) runFolder {
	t.Helper()
	holder := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", "mount -t tmpfs tmpfs /run && echo ready && exec cat")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = holder.Wait() })
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	return runFolder{holder}
}

// enter has a command run in there.
func (r runFolder) enter(cmd *exec.Cmd) {
	cmd.Args = append([]string{"nsenter", "--target", itoa(r.holder.Process.Pid), "--mount", cmd.Path}, cmd.Args[1:]...)
	cmd.Path, cmd.Err = exec.LookPath("nsenter")
}

// namespacesOf lists those that a process has there.
func (r runFolder) namespacesOf(t *testing.T, pid int) []string {
	t.Helper()
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/root/run/netns/tb-%d-*", r.holder.Process.Pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// killedRun is the process of a measurement that was killed, left its two namespaces, and whose forwarder has ended.
func (r runFolder) killedRun(t *testing.T) (pid int) {
	t.Helper()
	cmd, _, stderr := command(t, "run", "--no-calibration", "load=10000", "duration=1h", "warmup=0s")
	r.enter(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	child := 0
	eventually(t, "the forwarder starts", func() bool {
		child = childOf(t, pid)
		return child != 0 && len(r.namespacesOf(t, pid)) == 2
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = exit(t, cmd)
	eventually(t, "the forwarder notices and ends", func() bool { return !alive(child) })
	if left := r.namespacesOf(t, pid); len(left) != 2 {
		t.Fatalf("a killed run left %v, want its two namespaces: %s", left, stderr)
	}
	return pid
}
