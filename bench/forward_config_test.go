package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
)

// readable is a file that everybody may read.
func readable(t *testing.T, name, text string) (path string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "tunbench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path = filepath.Join(dir, name)
	for _, err := range []error{os.WriteFile(path, []byte(text), 0o644), os.Chmod(path, 0o644), os.Chmod(dir, 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// described is a description of a forwarder, where {a} and {b} are the namespaces of the bed.
func described(t *testing.T, bed *testbed.Testbed, text string) (path string) {
	t.Helper()
	return readable(t, "forward.yaml", strings.NewReplacer("{a}", bed.A().Namespace.Name(), "{b}", bed.B().Namespace.Name()).Replace(text))
}

// within runs f in the namespace of an end.
func within(t *testing.T, e *testbed.End, f func() error) {
	t.Helper()
	if err := e.Namespace.Do(f); err != nil {
		t.Fatal(err)
	}
}

// deviceState is what people see of a device, a line each; nothing where there is none.
func deviceState(t *testing.T, e *testbed.End, name string) (lines []string) {
	t.Helper()
	within(t, e, func() error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return nil
		}
		a := link.Attrs()
		master := "nobody"
		if m, err := netlink.LinkByIndex(a.MasterIndex); a.MasterIndex != 0 && err == nil {
			master = m.Attrs().Name
		}
		lines = []string{
			fmt.Sprintf("up %v", a.Flags&net.FlagUp != 0), fmt.Sprintf("mtu %d", a.MTU), fmt.Sprintf("txqlen %d", a.TxQLen), "mac " + a.HardwareAddr.String(),
			fmt.Sprintf("promiscuous %v", a.RawFlags&unix.IFF_PROMISC != 0), "member of " + master,
		}
		if tap, ok := link.(*netlink.Tuntap); ok {
			lines = append(lines, fmt.Sprintf("persistent %v owner %d group %d", !tap.NonPersist, tap.Owner, tap.Group), fmt.Sprintf("queues %d", tap.Queues))
		}
		addresses, err := netlink.AddrList(link, netlink.FAMILY_ALL)
		if err != nil {
			return err
		}
		for _, address := range addresses {
			if address.Scope != unix.RT_SCOPE_LINK { // the kernel's own, some time after the device is up
				lines = append(lines, "address "+address.IPNet.String())
			}
		}
		for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
			routes, err := netlink.RouteList(link, family)
			if err != nil {
				return err
			}
			for _, r := range routes {
				if r.Protocol != unix.RTPROT_KERNEL {
					lines = append(lines, fmt.Sprintf("route to %v via %v metric %d", r.Dst, r.Gw, r.Priority))
				}
			}
		}
		return nil
	})
	return lines
}

// addBridge adds a bridge that is up.
func addBridge(t *testing.T, e *testbed.End, name string) {
	t.Helper()
	within(t, e, func() error {
		bridge := &netlink.Bridge{LinkAttrs: netlink.NewLinkAttrs()}
		bridge.Name = name
		if err := netlink.LinkAdd(bridge); err != nil {
			return err
		}
		return netlink.LinkSetUp(bridge)
	})
}

const everyKey = `
dev: tap
queues: 2
a:
  netns: {a}
  device: nic0
  mtu: 1400
  txqlen: 77
  mac: 02:00:00:00:00:0a
  promiscuous: true
  addresses: [10.9.0.1/24, "fd09::1/64"]
  routes:
    - 10.10.0.0/16
    - {to: 10.11.0.0/16, via: 10.9.0.254, metric: 5}
    - {to: default, via: "fd09::fe"}
b:
  netns: {b}
  device: nic0
  bridge: br0
  persist: true
  owner: 65534
  group: 7
`

// TestForwardConfig: all that a description says is so, as the kernel tells it, and at the end it is not any more, but for a device that
// was to stay. A second run finds that one.
func TestForwardConfig(t *testing.T) {
	bed := devices(t)
	for _, e := range []*testbed.End{bed.A(), bed.B()} {
		within(t, e, func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("0"), 0) })
	}
	addBridge(t, bed.B(), "br0")
	file := described(t, bed, everyKey)
	wantA := []string{
		"up true", "mtu 1400", "txqlen 77", "mac 02:00:00:00:00:0a", "promiscuous true", "member of nobody", "persistent false owner 0 group 0", "queues 2",
		"address 10.9.0.1/24", "address fd09::1/64",
		"route to 10.10.0.0/16 via <nil> metric 0", "route to 10.11.0.0/16 via 10.9.0.254 metric 5", "route to ::/0 via fd09::fe metric 1024",
	}
	for _, verb := range []string{"created", "attached to"} {
		cmd, lines, stderr := forwarding(t, "--config", file)
		waitLine(t, lines, `^`+verb+` tap tb-\d+-b:nic0: 2 queues`)
		waitLine(t, lines, `^configured tb-\d+-b:nic0: up, member of br0, stays afterwards, owner 65534, group 7$`)
		if diff := cmp.Diff(wantA, deviceState(t, bed.A(), "nic0")); diff != "" {
			t.Error(diff)
		}
		b := deviceState(t, bed.B(), "nic0")
		for _, want := range []string{"up true", "member of br0", "persistent true owner 65534 group 7", "queues 2"} {
			if !slices.Contains(b, want) {
				t.Errorf("no %q in %q", want, b)
			}
		}
		if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if code := exit(t, cmd); code != exitSuccess {
			t.Errorf("exit code %d: %s", code, stderr())
		}
		if a := deviceState(t, bed.A(), "nic0"); len(a) != 0 {
			t.Errorf("a is still there: %q", a)
		}
		b = deviceState(t, bed.B(), "nic0")
		for _, want := range []string{"up false", "mtu 1500", "member of nobody", "persistent true owner 65534 group 7", "queues 0"} {
			if !slices.Contains(b, want) {
				t.Errorf("afterwards no %q in %q", want, b)
			}
		}
	}
}

const foreignDevices = `
attach: true
a: {netns: {a}, device: tb0, mtu: 1000, txqlen: 77, addresses: 10.9.0.1/24, routes: 10.10.0.0/16}
b: {netns: {b}, device: tb0, up: false}
`

// TestForwardConfigGivesBack: devices of others are as before, also what the kernel took away on the way. A device that is to be down is down.
func TestForwardConfigGivesBack(t *testing.T) {
	bed := devices(t)
	before := [][]string{deviceState(t, bed.A(), "tb0"), deviceState(t, bed.B(), "tb0")}
	cmd, lines, stderr := forwarding(t, "--config", described(t, bed, foreignDevices))
	waitLine(t, lines, `^configured tb-\d+-b:tb0: down$`)
	if a := deviceState(t, bed.A(), "tb0"); !slices.Contains(a, "mtu 1000") || !slices.Contains(a, "address 10.9.0.1/24") || !slices.Contains(a, "route to 10.10.0.0/16 via <nil> metric 0") {
		t.Errorf("a is not as described: %q", a)
	}
	if b := deviceState(t, bed.B(), "tb0"); !slices.Contains(b, "up false") {
		t.Errorf("b is not down: %q", b)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitSuccess {
		t.Errorf("exit code %d: %s", code, stderr())
	}
	if diff := cmp.Diff(before, [][]string{deviceState(t, bed.A(), "tb0"), deviceState(t, bed.B(), "tb0")}); diff != "" {
		t.Error(diff)
	}
}

// TestForwardConfigKilled: what SIGKILL leaves on a device that outlives the forwarder does not disturb the next run, which leaves it too.
func TestForwardConfigKilled(t *testing.T) {
	bed := devices(t)
	file := described(t, bed, `
attach: true
a: {netns: {a}, device: tb0, mtu: 1400, addresses: 10.9.0.1/24, routes: 10.10.0.0/16}
b: {netns: {b}, device: tb0}
`)
	for _, signal := range []os.Signal{unix.SIGKILL, unix.SIGTERM} {
		cmd, lines, stderr := forwarding(t, "--config", file)
		waitLine(t, lines, `^configured tb-\d+-b:tb0`)
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if code := exit(t, cmd); signal == unix.SIGTERM && code != exitSuccess {
			t.Errorf("exit code %d: %s", code, stderr())
		}
		a := deviceState(t, bed.A(), "tb0")
		for _, want := range []string{"mtu 1400", "address 10.9.0.1/24", "route to 10.10.0.0/16 via <nil> metric 0"} {
			if !slices.Contains(a, want) {
				t.Errorf("after %v no %q in %q", signal, want, a)
			}
		}
	}
}

// TestForwardConfigRefused: what does not go is said before anything is touched, or is taken back.
func TestForwardConfigRefused(t *testing.T) {
	bed := devices(t)
	foreign(t, bed.B(), unix.IFF_NO_PI) // without a vnet header
	before := deviceState(t, bed.B(), "tb0")
	const a = "a: {netns: {a}, device: nic0, addresses: 10.9.0.1/24}\n"
	for _, tc := range []struct {
		text string
		code int
		says string
	}{
		{a + "b: {netns: {b}, device: tb0, mtu: 1400}", exitUsage, "without a vnet header"},
		{a + "b: {netns: {b}, device: tb0, mtu: 14}", exitUsage, "forward.yaml:2: b.mtu: 14: want 68 to 65535 bytes"},
		{a + "b: {netns: {b}, device: nope}\nattach: true", exitUsage, "no such device"},
		{a + "b: {netns: nowhere, device: tun0}", exitUsage, "nowhere"},
		{a + "b: {netns: {b}, device: lo}", exitUsage, "not a tun device"},
		{"vnet: false\n" + a + "b: {netns: {b}, device: tb0, mtu: 1400, routes: {to: default, via: 192.0.2.1}}", exitUsage, "does not reach its router"},
		{"dev: tap\na: {netns: {a}, device: nic0}\nb: {netns: {b}, device: tap0, bridge: br7}", exitUsage, "ip link add br7 type bridge"},
		{"dev: tap\na: {netns: {a}, device: nic0}\nb: {netns: {b}, device: tap0, bridge: tb0}", exitUsage, "name a bridge"},
	} {
		code, stdout, stderr := tunbench(t, "forward", "--config", described(t, bed, tc.text))
		if code != tc.code || !strings.Contains(stderr, tc.says) || stdout != "" {
			t.Errorf("%s: exit code %d, want %d and %q: %s%s", tc.text, code, tc.code, tc.says, stdout, stderr)
		}
		if left := deviceState(t, bed.A(), "nic0"); left != nil {
			t.Errorf("%s: a is left: %q", tc.text, left)
		}
		if diff := cmp.Diff(before, deviceState(t, bed.B(), "tb0")); diff != "" {
			t.Errorf("%s: %s", tc.text, diff)
		}
	}
}

// TestForwardConfigCheck: the file is checked and nothing else; anybody may.
func TestForwardConfigCheck(t *testing.T) {
	const text = "a: {device: tun0, addresses: 10.0.0.1/24}\nb: {device: tun1, up: false}\n"
	file := readable(t, "forward.yaml", text)
	code, stdout, stderr := tunbench(t, "forward", "--config", file, "--check")
	want := file + " has no mistake: forward between tun0 and tun1 (tun)\nwould configure tun0: up, address 10.0.0.1/24\nwould configure tun1: down\n"
	if code != exitSuccess || stdout != want || stderr != "" {
		t.Errorf("exit code %d, %q: %s", code, stdout, stderr)
	}
	code, stdout, stderr = tunbench(t, "forward", "--check", "--config", readable(t, "forward.yaml", text+"queue: 2"))
	if code != exitUsage || stdout != "" || !strings.Contains(stderr, "forward.yaml:3: queue: no such key") {
		t.Errorf("exit code %d, %q: %s", code, stdout, stderr)
	}
}
