package main

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/forwarder/tun"
)

// devices is a scene with a persistent device at either end and nothing between.
func devices(t *testing.T) *testbed.Testbed {
	t.Helper()
	needRoot(t)
	bed, err := testbed.Up(t.Context(), testbed.Config{Topology: testbed.Devices, Kind: tun.TUN, MultiQueue: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bed.Down(); err != nil {
			t.Error(err)
		}
	})
	return bed
}

// forwarding is `tunbench forward` at work; lines gets what it prints.
func forwarding(t *testing.T, args ...string) (cmd *exec.Cmd, lines chan string, stderr func() string) {
	t.Helper()
	return forwardingConfined(t, "", args...)
}

// forwardingConfined is that on a host that lacks something, see confine.
func forwardingConfined(t *testing.T, words string, args ...string) (cmd *exec.Cmd, lines chan string, stderr func() string) {
	t.Helper()
	cmd, errOut := confinedCommand(t, words, append([]string{"forward"}, args...)...)
	cmd.Stdout = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines = make(chan string, 100)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return cmd, lines, errOut.String
}

// waitLine returns the first line that matches, or fails the test.
func waitLine(t *testing.T, lines chan string, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.After(patience)
	for {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("ended without a line that matches %q", pattern)
			}
			if m := re.FindStringSubmatch(line); m != nil {
				return m
			}
		case <-timeout:
			t.Fatalf("no line that matches %q within %v", pattern, patience)
		}
	}
}

func endpointOf(e *testbed.End) string { return e.Namespace.Name() + ":" + e.Device }

func TestForwardAttached(t *testing.T) {
	bed := devices(t)
	cmd, lines, stderr := forwarding(t, "--attach", "--a", endpointOf(bed.A()), "--b", endpointOf(bed.B()),
		"--queues", "2", "--metrics", "127.0.0.1:0")
	waitLine(t, lines, `^attached to tun tb-\d+-a:tb0: 2 queues, vnet header of 10 bytes, offload all$`)
	waitLine(t, lines, `^attached to tun tb-\d+-b:tb0`)
	address := waitLine(t, lines, `^metrics on (http://\S+)$`)[1]
	if err := bed.WaitCarrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := socket.RunPingPong(t.Context(), socket.PingPongConfig{
		Client: bed.A().Namespace.Do, Server: bed.B().Namespace.Do,
		ClientAddr: bed.A().Addr, ServerAddr: bed.B().Addr, Port: 5000, Size: 64, Duration: 100 * time.Millisecond, Timeout: patience,
	})
	if err != nil {
		t.Fatal(err)
	}

	client := http.Client{Timeout: patience}
	written := regexp.MustCompile(`(?m)^tunbench_forwarder_written_segments_total\{direction="a_to_b",queue="[01]"\} [1-9]`)
	eventually(t, "metrics show a packet written", func() bool { // as soon as the worker has had its turn
		response, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return written.Match(text)
	})

	const row = `^ +[01] +a to b +[1-9]\d* `
	if err := cmd.Process.Signal(unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	waitLine(t, lines, row)
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitLine(t, lines, row)
	if code := exit(t, cmd); code != exitSuccess {
		t.Errorf("exit code %d: %s", code, stderr())
	}
}

func TestForwardCreated(t *testing.T) {
	bed := devices(t)
	exists := func(e *testbed.End, name string) bool {
		return e.Namespace.Do(func() error {
			_, err := netlink.LinkByName(name)
			return err
		}) == nil
	}
	cmd, lines, stderr := forwarding(t, "--a", bed.A().Namespace.Name()+":made0", "--b", bed.B().Namespace.Path()+":made0",
		"--dev", "tap", "--vnet=false", "--mtu", "2000")
	waitLine(t, lines, `^created tap tb-\d+-b:made0: 1 queue, no vnet header, offload none$`)
	if !exists(bed.A(), "made0") || !exists(bed.B(), "made0") {
		t.Error("the devices are not where they were asked for")
	}
	if err := cmd.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitSuccess {
		t.Errorf("exit code %d: %s", code, stderr())
	}
	if exists(bed.A(), "made0") || exists(bed.B(), "made0") {
		t.Error("the devices outlive the forwarder that made them")
	}
}

func TestForwardSaysWhenItsDeviceVanishes(t *testing.T) {
	bed := devices(t)
	cmd, lines, stderr := forwarding(t, "--attach", "--a", endpointOf(bed.A()), "--b", endpointOf(bed.B()))
	waitLine(t, lines, `^attached to tun tb-\d+-b`)
	err := bed.B().Namespace.Do(func() error {
		link, err := netlink.LinkByName(bed.B().Device)
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
	if err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitFailure {
		t.Errorf("exit code %d, want %d", code, exitFailure)
	}
	if !strings.Contains(stderr(), "the device is gone") || !strings.Contains(stderr(), endpointOf(bed.B())) || strings.Count(stderr(), "\n") != 1 {
		t.Errorf("the error does not say so in one line: %s", stderr())
	}
}

func TestForwardWrongWords(t *testing.T) {
	bed := devices(t)
	a, b := endpointOf(bed.A()), endpointOf(bed.B())
	err := bed.A().Namespace.Do(func() error {
		link, err := netlink.LinkByName(bed.A().Device)
		if err != nil {
			return err
		}
		return netlink.LinkAddAltName(link, "alias0")
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ args, says string }{
		{"--a nowhere:tun0 --b " + b, "nowhere"},
		{"--attach --a " + bed.A().Namespace.Name() + ":nope --b " + b, "nope"},
		{"--a " + a + " --b " + a, "same device"},
		{"--a " + a + " --b /run/netns/../netns/" + a, "same device"},
		{"--a " + a + " --b /proc/self/root" + bed.A().Namespace.Path() + ":" + bed.A().Device + " --queues 200", "same device"},
		{"--a " + a + " --b " + bed.A().Namespace.Path() + ":alias0", "same device"},
		{"--a " + bed.A().Namespace.Name() + ":new0 --b /run/netns/../netns/" + bed.A().Namespace.Name() + ":new0", "same device"},
		{"--a /etc/passwd:x --b " + b, "not a network namespace"},
		{"--a " + bed.A().Namespace.Name() + ":all --b " + b, "choose another"},
		{"--a " + bed.A().Namespace.Name() + ":lo --b " + b, "not a tun device"},
		{"--a " + a + " --b " + b + " --queues 0", "queues 0"},
		{"--a " + a + " --b " + b + " --queues 257", "1 to 256"},
		{"--a " + a + " --b " + b + " --dev tap", "tb0"},
		{"--a " + a + " --b " + b + " --batch 99999", "batch 99999"},
		{"--a " + a + " --b " + b + " --vnet=false --offload tso", "vnet header"},
		{"--a " + a + " --b " + b + " --vnet=false --offload all", "vnet header"},
		{"--a " + a + " --b " + b + " --cpus 9999", "no CPU 9999"},
		{"--a " + a + " --b " + b + " --metrics nonsense", "--metrics"},
		{"--a " + a + " --b " + b + " --metrics 127.0.0.1:99999", "--metrics"},
		{"--a " + a + " --b " + b + " --metrics unix:/x", "--metrics"},
		{"--a " + a + " --b " + b + " --metrics 192.0.2.1:0", "an address of this host"},
	} {
		code, stdout, stderr := tunbench(t, append([]string{"forward"}, strings.Fields(tc.args)...)...)
		if code != exitUsage || !strings.Contains(stderr, tc.says) {
			t.Errorf("%s: exit code %d: %s", tc.args, code, stderr)
		}
		if stdout != "" {
			t.Errorf("%s: begins: %s", tc.args, stdout)
		}
	}
}
