package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
)

// TestIgnoredSignalsStayIgnored: nohup(1), and the background jobs of a script.
func TestIgnoredSignalsStayIgnored(t *testing.T) {
	bed := devices(t)
	for name, tc := range map[string]struct {
		args  string
		begun func(pid int) bool
	}{
		"forward": {
			"forward --attach --a " + endpointOf(bed.A()) + " --b " + endpointOf(bed.B()),
			func(int) bool { return queuesOf(t, bed.B()) == 1 },
		},
		"soak": {"soak --for 1m --no-calibration load=1000", func(pid int) bool { return len(namespacesOf(t, itoa(pid))) == 2 }},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, _, stderr := command(t, strings.Fields(tc.args)...)
			ignored := []unix.Signal{unix.SIGHUP, unix.SIGINT}
			cmd.Args = append([]string{"sh", "-c", `trap "" HUP INT; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
			cmd.Path = "/bin/sh"
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			eventually(t, "it begins", func() bool { return tc.begun(cmd.Process.Pid) })
			for _, s := range ignored {
				if catches(t, cmd.Process.Pid, s) {
					t.Errorf("%v is caught, though it was ignored", s)
				}
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = exit(t, cmd)
			if strings.Contains(stderr.String(), "hangup") || strings.Contains(stderr.String(), "interrupt signal") {
				t.Errorf("an ignored signal ended it: %s", stderr)
			}
		})
	}
}

// catches reports whether the process has a handler for the signal (SigCgt in proc(5)).
func catches(t *testing.T, pid int, s unix.Signal) bool {
	t.Helper()
	status, err := os.ReadFile("/proc/" + itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "SigCgt:"); found {
			mask, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return mask&(1<<(s-1)) != 0
		}
	}
	t.Fatal("no SigCgt in /proc")
	return false
}

// queuesOf returns how many queues of an end's device are attached.
func queuesOf(t *testing.T, e *testbed.End) (queues int) {
	t.Helper()
	err := e.Namespace.Do(func() error {
		link, err := netlink.LinkByName(e.Device)
		if err != nil {
			return err
		}
		queues = link.(*netlink.Tuntap).Queues
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return queues
}

// full reports whether a pipe takes no more.
func full(t *testing.T, writer *os.File) bool {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(writer.Fd()), Events: unix.POLLOUT}}
	if _, err := unix.Poll(fds, 0); err != nil && !errors.Is(err, unix.EINTR) {
		t.Fatal(err)
	}
	return fds[0].Revents&unix.POLLOUT == 0
}

// TestSecondSignalEndsAtOnce: the first one waits for what nobody ends.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	bed := devices(t)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close() // and never read
	cmd, _, _ := command(t, "forward", "--attach", "--a", endpointOf(bed.A()), "--b", endpointOf(bed.B()), "--queues", "256", "--intake", "off")
	cmd.Stdout = writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	eventually(t, "all queues are attached", func() bool { return queuesOf(t, bed.B()) == 256 })
	// The table of 256 queues is longer than a pipe holds.
	eventually(t, "it waits for the reader", func() bool {
		_ = cmd.Process.Signal(unix.SIGUSR1)
		return full(t, writer)
	})
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its devices are free though nobody reads", func() bool { return queuesOf(t, bed.A())+queuesOf(t, bed.B()) == 0 })
	select {
	case <-ended:
		t.Error("it ended after one signal: nothing is shown")
	default:
	}
	eventually(t, "one more signal ends it", func() bool {
		_ = cmd.Process.Signal(unix.SIGINT)
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
}

// TestTwoHangUpsAreOne: a terminal that closes sends one by the kernel and one by the shell.
func TestTwoHangUpsAreOne(t *testing.T) {
	needRoot(t)
	cmd, child, _, _ := begin(t, "load=10000", "duration=1m", "warmup=0s")
	for range 2 {
		if err := cmd.Process.Signal(unix.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	if code := exit(t, cmd); code != exitFailure {
		t.Errorf("exit code %d, want %d", code, exitFailure)
	}
	if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 || alive(child) {
		t.Errorf("left behind: %v, forwarder alive %v", left, alive(child))
	}
}

func TestWhichSignalInsists(t *testing.T) {
	for _, tc := range []struct {
		first, signal os.Signal
		after         time.Duration
		want          bool
	}{
		{unix.SIGTERM, unix.SIGTERM, time.Second, false}, // timeout(1) sends it twice, on a busy machine late
		{unix.SIGTERM, unix.SIGTERM, time.Minute, true},
		{unix.SIGINT, unix.SIGTERM, time.Second, true},
		{unix.SIGINT, unix.SIGINT, time.Millisecond, false},
		{unix.SIGINT, unix.SIGINT, time.Second, true},
		{unix.SIGTERM, unix.SIGHUP, time.Minute, false},
	} {
		if got := insists(tc.first, tc.signal, tc.after); got != tc.want {
			t.Errorf("%v %v after %v: %v, want %v", tc.signal, tc.after, tc.first, got, tc.want)
		}
	}
}

func TestUntilSignalNamesIt(t *testing.T) {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	if err := unix.Kill(unix.Getpid(), unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(patience):
		t.Fatal("the signal does not end the context")
	}
	if cause := new(signalled); !errors.As(context.Cause(ctx), &cause) || cause.signal != unix.SIGHUP {
		t.Errorf("cause %v, want the signal", context.Cause(ctx))
	}
}
