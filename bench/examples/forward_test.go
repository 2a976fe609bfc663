package examples

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/forwarder/tun"
)

// example is a program that runs on a scene.
type example struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	scene  *testbed.Testbed
}

// start makes a scene, starts a program on it with more for its environment, as NAME=VALUE, and waits for carrier.
func start(t *testing.T, args []string, cfg testbed.Config, settings ...string) *example {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
	cpus, err := host.AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Topology, cfg.IPv6 = testbed.Devices, true
	scene, err := testbed.Up(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := &example{cmd: exec.CommandContext(t.Context(), args[0], args[1:]...), scene: scene}
	t.Cleanup(func() {
		_ = e.cmd.Wait() // the context is done
		if err := scene.Down(); err != nil {
			t.Error(err)
		}
	})
	e.cmd.Stderr = &e.stderr
	e.cmd.Env = slices.Concat(os.Environ(), settings, []string{
		"TUNBENCH_A_NETNS=" + scene.A().Namespace.Path(), "TUNBENCH_A_DEVICE=" + scene.A().Device,
		"TUNBENCH_B_NETNS=" + scene.B().Namespace.Path(), "TUNBENCH_B_DEVICE=" + scene.B().Device,
		"TUNBENCH_DEV=" + cfg.Kind.String(), fmt.Sprintf("TUNBENCH_CPUS=%d", cpus[0]),
	})
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := scene.WaitCarrier(t.Context()); err != nil {
		_ = e.cmd.Process.Kill()
		_ = e.cmd.Wait()
		t.Fatalf("%v; it said %q", err, e.stderr.String())
	}
	return e
}

// command builds the program of a folder, with more sources if it is in C.
func command(t *testing.T, folder string, more ...string) []string {
	t.Helper()
	if folder == "python" {
		return []string{lookPath(t, "python3"), "python/forwarder.py"}
	}
	return []string{buildC(t, folder, more...)}
}

// pingPong sends packets there and back.
func (e *example) pingPong(t *testing.T) {
	t.Helper()
	rounds, err := socket.RunPingPong(t.Context(), socket.PingPongConfig{
		Client: e.scene.A().Namespace.Do, Server: e.scene.B().Namespace.Do, ClientAddr: e.scene.A().Addr6, ServerAddr: e.scene.B().Addr6,
		Port: 5000, Size: 100, Duration: 100 * time.Millisecond, Timeout: time.Minute,
	})
	if err != nil || rounds.Sent == 0 {
		t.Errorf("ping-pong: %+v, %v", rounds, err)
	}
}

// end tells the program to end, and fails the test if it does otherwise.
func (e *example) end(t *testing.T) {
	t.Helper()
	if err := e.cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Wait(); err != nil || e.stderr.Len() > 0 {
		t.Errorf("after SIGTERM: %v, it said %q", err, e.stderr.String())
	}
}

// send sends packets from A to B until what it returns is called, and returns when so many have been sent.
func (e *example) send(t *testing.T, first int) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var sender sync.WaitGroup
	begun, begin := context.WithCancel(ctx)
	sender.Go(func() {
		defer begin()
		err := e.scene.A().Namespace.Do(func() error {
			conn, err := net.DialUDP("udp6", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.scene.B().Addr6, 9)))
			if err != nil {
				return err
			}
			defer conn.Close()
			for n := 0; ctx.Err() == nil; n++ {
				if n == first {
					begin()
				}
				_, _ = conn.Write(make([]byte, 100)) // that nobody takes it is no error
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun.Done()
	return func() { cancel(); sender.Wait() }
}

// TestExamplesForward in every way that they are opened, and end when they are told to.
func TestExamplesForward(t *testing.T) {
	for name, test := range map[string]struct {
		folder   string
		cfg      testbed.Config
		settings string
	}{
		"c":                     {"c", testbed.Config{Kind: tun.TUN, MultiQueue: true}, "QUEUES=1 OFFLOAD=all VNET=on"},
		"c with two queues":     {"c", testbed.Config{Kind: tun.TAP, MultiQueue: true}, "QUEUES=2 OFFLOAD=none VNET=on"},
		"c without vnet header": {"c", testbed.Config{Kind: tun.TUN, MultiQueue: true}, "QUEUES=1 OFFLOAD=none VNET=off"},
		"tpacket":               {"tpacket", testbed.Config{Kind: tun.TUN, MultiQueue: true}, ""},
		"python":                {"python", testbed.Config{Kind: tun.TUN}, ""},
		"python with tap":       {"python", testbed.Config{Kind: tun.TAP}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var settings []string
			for word := range strings.FieldsSeq(test.settings) {
				settings = append(settings, "TUNBENCH_"+word)
			}
			e := start(t, command(t, test.folder), test.cfg, settings...)
			e.pingPong(t)
			e.end(t)
		})
	}
}

// TestExamplesEndUnderLoad as they do without, also where the process takes a while to end: their threads are at work until it is gone.
func TestExamplesEndUnderLoad(t *testing.T) {
	for folder, multiQueue := range map[string]bool{"c": true, "tpacket": true, "python": false} {
		t.Run(folder, func(t *testing.T) {
			cfg := testbed.Config{Kind: tun.TUN, MultiQueue: multiQueue}
			e := start(t, command(t, folder, "testdata/slow-exit.c"), cfg, "TUNBENCH_QUEUES=1", "TUNBENCH_OFFLOAD=all", "TUNBENCH_VNET=on")
			defer e.send(t, 1000)()
			e.end(t)
		})
	}
}

// TestExamplesEndWithTheirDevice: with an error that says so.
func TestExamplesEndWithTheirDevice(t *testing.T) {
	for folder, multiQueue := range map[string]bool{"c": true, "tpacket": true, "python": false} {
		t.Run(folder, func(t *testing.T) {
			cfg := testbed.Config{Kind: tun.TUN, MultiQueue: multiQueue}
			e := start(t, command(t, folder), cfg, "TUNBENCH_QUEUES=1", "TUNBENCH_OFFLOAD=all", "TUNBENCH_VNET=on")
			b := e.scene.B()
			if out, err := exec.Command("ip", "-n", b.Namespace.Name(), "link", "delete", b.Device).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			failed := (*exec.ExitError)(nil)
			if err := e.cmd.Wait(); !errors.As(err, &failed) || failed.ExitCode() != 1 || e.stderr.Len() == 0 {
				t.Errorf("%v, it said %q", err, e.stderr.String())
			}
		})
	}
}
