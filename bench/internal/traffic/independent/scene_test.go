package independent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/traffictest"
)

// installed is a program that the test needs.
func installed(t *testing.T, p Program) Installed {
	t.Helper()
	traffictest.RequireRoot(t)
	found, err := p.Find(t.Context())
	if err == nil {
		return found
	}
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
	return found
}

func iperf3Config(bed *testbed.Testbed) Iperf3Config {
	return Iperf3Config{
		Client: bed.A().Namespace.Do, Server: bed.B().Namespace.Do, Addr: bed.B().Addr, Port: traffictest.Port, Streams: 1, CPU: -1,
	}
}

// gone says that the processes are.
func gone(t *testing.T, processes ...*process) {
	t.Helper()
	for _, p := range processes {
		if err := p.cmd.Process.Signal(syscall.Signal(0)); err == nil {
			t.Errorf("%s is still there", p.name)
		}
	}
}

// TestIperf3Counts what the device counts, too.
func TestIperf3Counts(t *testing.T) {
	program, bed := installed(t, Iperf3Program()), traffictest.Veth(t)
	before, err := bed.Counters()
	if err != nil {
		t.Fatal(err)
	}
	// So long that the receiver has read most of what was sent, however late it gets a CPU: sockets hold megabytes.
	load, err := StartIperf3(t.Context(), program, iperf3Config(bed), 0, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer load.Close()
	res, err := load.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after, err := bed.Counters()
	if err != nil {
		t.Fatal(err)
	}
	// A segment has 52 bytes of headers or more; a superpacket is counted with those of its segments.
	carried := after.Sub(before).B.RxBytes
	if res.Bytes == 0 || res.Bytes > carried || res.Bytes < carried*8/10 {
		t.Errorf("%d bytes of payload in %d bytes of packets", res.Bytes, carried)
	}
	if res.Duration < time.Second || res.Segments == 0 {
		t.Errorf("%+v", res)
	}
	load.Close()
	gone(t, load.client, load.server)
}

// TestPathDoesNotForward: with nothing between the devices, a program says so itself or does not end; either way nothing is left.
func TestPathDoesNotForward(t *testing.T) {
	t.Parallel()
	program, bed := installed(t, Iperf3Program()), traffictest.Gap(t)
	load, err := StartIperf3(t.Context(), program, iperf3Config(bed), 0, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer load.Close()
	if _, err := load.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "unable to connect") {
		t.Errorf("%v", err)
	}
	load.Close()
	gone(t, load.client, load.server)
}

// TestPortTaken: the last words of a server that cannot listen are in the error.
func TestPortTaken(t *testing.T) {
	program, bed := installed(t, Iperf3Program()), traffictest.Veth(t)
	cfg := iperf3Config(bed)
	first, err := StartIperf3(t.Context(), program, cfg, 0, time.Hour) // Close ends it
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	taken, err := start(cfg.Server, -1, nil, program.Path, "--server", "--one-off", "--bind", cfg.Addr.String(), "--port", port(cfg.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.stop()
	if err := taken.wait(t.Context(), traffictest.Long); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("%v", err)
	}
}

// TestHangs: a program that does not end is killed.
func TestHangs(t *testing.T) {
	t.Parallel()
	traffictest.RequireRoot(t)
	script := filepath.Join(t.TempDir(), "hangs")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho what it waits for\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, within := range map[string]time.Duration{"it takes too long": 500 * time.Millisecond, "nobody waits for it": time.Hour} {
		p, err := start(nil, -1, nil, script)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		if within == time.Hour {
			cancel(os.ErrDeadlineExceeded)
		} else {
			for p.out.String() == "" {
				time.Sleep(time.Millisecond)
			}
		}
		err = p.wait(ctx, within)
		switch {
		case within == time.Hour && !errors.Is(err, os.ErrDeadlineExceeded):
			t.Errorf("%s: %v", name, err)
		case within != time.Hour && (err == nil || !strings.Contains(err.Error(), "what it waits for")):
			t.Errorf("%s: %v", name, err)
		}
		gone(t, p)
		cancel(nil)
	}
}

// TestSockperf: each packet that is counted was timed.
func TestSockperf(t *testing.T) {
	program, bed := installed(t, SockperfProgram()), traffictest.Veth(t)
	load, err := StartSockperf(t.Context(), program, SockperfConfig{
		Client: bed.A().Namespace.Do, Server: bed.B().Namespace.Do, Addr: bed.B().Addr, Port: traffictest.Port, Payload: 36, CPU: -1,
	}, 0, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer load.Close()
	if err := load.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	res, err := load.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if res.Answered == 0 || int64(res.Answered) != res.RTT.TotalCount() || res.Lost > 1 {
		t.Errorf("%+v", res)
	}
	load.Close()
	gone(t, load.client, load.server)
}

// TestNotInstalled names the package.
func TestNotInstalled(t *testing.T) {
	_, err := Program{Name: "no-such-generator", Package: "no-such-package"}.Find(t.Context())
	if unsupported := (*host.UnsupportedError)(nil); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "Debian package no-such-package") {
		t.Errorf("%v", err)
	}
}
