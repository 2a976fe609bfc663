package host

import (
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// becomes waits until a process does that, with a limit beyond any machine's.
func becomes(t *testing.T, pid int, want Activity) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got, err := ReadActivity(pid)
		if err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the process is at %d, want %d", got, want)
		}
	}
}

func TestReadActivity(t *testing.T) {
	for command, want := range map[string]Activity{"sleep 1000": Sleeping, "while :; do :; done": Working} {
		c := exec.Command("sh", "-c", "exec 2>/dev/null; "+command)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
		becomes(t, c.Process.Pid, want)
		if err := unix.Kill(c.Process.Pid, unix.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		becomes(t, c.Process.Pid, Stopped)
		if err := unix.Kill(c.Process.Pid, unix.SIGCONT); err != nil {
			t.Fatal(err)
		}
		becomes(t, c.Process.Pid, want)
	}
	if _, err := ReadActivity(1 << 30); err == nil {
		t.Error("no error for a process that is not there")
	}
}

// TestHasEnded: a process has when nothing of it runs any more, also before its parent has waited for it.
func TestHasEnded(t *testing.T) {
	c := exec.Command("cat")
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if HasEnded(c.Process.Pid) {
		t.Error("it waits for its input")
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !HasEnded(c.Process.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it has ended, and nobody waited for it")
		}
	}
	if err := c.Wait(); err != nil || !HasEnded(c.Process.Pid) {
		t.Errorf("%v, has ended: %t", err, HasEnded(c.Process.Pid))
	}
}

// TestReadRan: the time of a process grows while it runs; one that is not there has none.
func TestReadRan(t *testing.T) {
	const nobody = 1 << 22 // above all process IDs
	c := exec.Command("sh", "-c", "while :; do :; done")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	for want := range 3 {
		for deadline := time.Now().Add(time.Minute); ReadRan(nobody, c.Process.Pid) < time.Duration(want)*10*time.Millisecond; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it has run for %v in a minute", ReadRan(c.Process.Pid))
			}
		}
	}
	if ran := ReadRan(nobody); ran != 0 {
		t.Errorf("a process that is not there has run for %v", ran)
	}
}

func TestThreadState(t *testing.T) {
	for stat, want := range map[string]byte{
		"12 (cat) R 1 12": 'R', "12 (a) S (b)) T 1 12": 'T', "12 (": 0, "": 0,
	} {
		if got := threadState(stat); got != want {
			t.Errorf("%q: %q, want %q", stat, got, want)
		}
	}
}
