package nic

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// alone runs f in a namespace of its own that has a persistent TAP device and two bridges.
func alone(t *testing.T, f func(device netlink.Link)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes devices in a network namespace")
	}
	err := tun.InNewNamespace(func() error {
		for _, name := range []string{"br0", "br1"} {
			attrs := netlink.NewLinkAttrs()
			attrs.Name = name
			if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
				return err
			}
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name = "tap0"
		if err := netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: attrs, Mode: netlink.TUNTAP_MODE_TAP}); err != nil {
			return err
		}
		device, err := netlink.LinkByName("tap0")
		if err != nil {
			return err
		}
		f(device)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// state is what people see of the device, a line each.
func state(t *testing.T, device netlink.Link) (lines []string) {
	t.Helper()
	link, err := netlink.LinkByIndex(device.Attrs().Index)
	if err != nil {
		t.Fatal(err)
	}
	a := link.Attrs()
	lines = append(lines, fmt.Sprintf("up %v mtu %d txqlen %d mac %v promiscuous %v master %d", isUp(a), a.MTU, a.TxQLen, a.HardwareAddr, isPromiscuous(a), a.MasterIndex))
	addresses, err := netlink.AddrList(device, netlink.FAMILY_ALL)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if !a.IP.IsLinkLocalUnicast() { // the kernel's own, some time after the device is up
			lines = append(lines, "address "+a.IPNet.String())
		}
	}
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		routes, err := netlink.RouteList(device, family)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range routes {
			if r.Protocol != unix.RTPROT_KERNEL {
				lines = append(lines, fmt.Sprintf("route %v via %v metric %d", r.Dst, r.Gw, r.Priority))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func apply(t *testing.T, device netlink.Link, cfg Config) *Setting {
	t.Helper()
	if err := cfg.Check(tun.TAP); err != nil {
		t.Fatal(err)
	}
	s, err := Apply("", device.Attrs().Index, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func addr(text string) *netlink.Addr {
	return &netlink.Addr{IPNet: ipNet(netip.MustParsePrefix(text))}
}

// TestApply: all that a Config says is on the device, and Undo leaves nothing of it.
func TestApply(t *testing.T) {
	for _, first := range []func(netlink.Link) error{netlink.LinkSetDown, netlink.LinkSetUp} {
		alone(t, func(device netlink.Link) { testApply(t, device, first(device)) })
	}
}

func testApply(t *testing.T, device netlink.Link, err error) {
	check(t, err)
	before := state(t, device)
	s := apply(t, device, Config{
		Up: new(true), MTU: 1400, TxQueueLen: 77, MAC: []byte{2, 0, 0, 0, 0, 10}, Promiscuous: new(true),
		Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24"), netip.MustParsePrefix("fd00::1/64")},
		Routes:    []Route{route("10.1.0.0/16", "", 0), route("0.0.0.0/0", "10.0.0.254", 7), route("fd01::/64", "", 0), route("::/0", "fd00::fe", 0)},
	})
	want := []string{
		"address 10.0.0.1/24", "address 10.0.0.2/24", "address fd00::1/64",
		"route 0.0.0.0/0 via 10.0.0.254 metric 7", "route 10.1.0.0/16 via <nil> metric 0",
		"route ::/0 via fd00::fe metric 1024", "route fd01::/64 via <nil> metric 1024",
		"up true mtu 1400 txqlen 77 mac 02:00:00:00:00:0a promiscuous true master 0",
	}
	if diff := cmp.Diff(want, state(t, device)); diff != "" {
		t.Error(diff)
	}
	// Once more: nothing is left to do, and nothing to take back.
	again := apply(t, device, Config{
		Up: new(true), MTU: 1400, Addresses: []netip.Prefix{netip.MustParsePrefix("fd00::1/64")}, Routes: []Route{route("::/0", "fd00::fe", 0)},
	})
	if len(again.done) != 0 {
		t.Errorf("%d changes of what is so already", len(again.done))
	}
	check(t, again.Undo(), s.Undo(), s.Undo())
	if diff := cmp.Diff(before, state(t, device)); diff != "" {
		t.Error(diff)
	}
}

// TestUndoLeavesTheChangesOfOthers: what somebody set meanwhile is theirs.
func TestUndoLeavesTheChangesOfOthers(t *testing.T) {
	alone(t, func(device netlink.Link) {
		s := apply(t, device, Config{MTU: 1400, TxQueueLen: 77, Bridge: "br0", Up: new(true)})
		other, err := netlink.LinkByName("br1")
		check(t, err, netlink.LinkSetMTU(device, 1300), netlink.LinkSetMaster(device, other))
		check(t, s.Undo())
		got, want := state(t, device)[0], fmt.Sprintf("mtu 1300 txqlen %d ", device.Attrs().TxQLen)
		if !strings.Contains(got, want) || !strings.HasSuffix(got, fmt.Sprintf("master %d", other.Attrs().Index)) || !strings.HasPrefix(got, "up false") {
			t.Errorf("%s, want %q, and br1", got, want)
		}
	})
}

// TestBridges: a member of one bridge goes to another, and back.
func TestBridges(t *testing.T) {
	alone(t, func(device netlink.Link) {
		first, err := netlink.LinkByName("br0")
		check(t, err, netlink.LinkSetMaster(device, first))
		before := state(t, device)
		s := apply(t, device, Config{Bridge: "br1"})
		if cmp.Equal(before, state(t, device)) {
			t.Error("still a member of br0")
		}
		check(t, s.Undo())
		if diff := cmp.Diff(before, state(t, device)); diff != "" {
			t.Error(diff)
		}
		for bridge, says := range map[string]string{"br7": "ip link add br7 type bridge", "lo": "it is a device of type"} {
			err := Fits("", Config{Bridge: bridge})
			if !errors.Is(err, ErrBridge) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want %q", bridge, err, says)
			}
			if _, err := Apply("", device.Attrs().Index, Config{MTU: 900, Bridge: bridge}); !errors.Is(err, ErrBridge) {
				t.Errorf("%s: %v", bridge, err)
			}
		}
		if diff := cmp.Diff(before, state(t, device)); diff != "" {
			t.Errorf("after a failure: %s", diff)
		}
	})
}

// TestDownAndSmall: the kernel throws away addresses and routes of others; they are back after Undo.
func TestDownAndSmall(t *testing.T) {
	for name, cfg := range map[string]Config{"down": {Up: new(false)}, "small": {MTU: 1000}, "both": {Up: new(false), MTU: 576}} {
		t.Run(name, func(t *testing.T) {
			alone(t, func(device netlink.Link) {
				check(t, netlink.LinkSetUp(device), netlink.AddrAdd(device, addr("10.0.0.1/24")), netlink.AddrAdd(device, addr("fd00::1/64")))
				s := &Setting{index: device.Attrs().Index}
				check(t, netlink.RouteAdd(s.route(route("10.1.0.0/16", "10.0.0.9", 0))), netlink.RouteAdd(s.route(route("fd01::/64", "", 0))))
				before := state(t, device)
				set := apply(t, device, cfg)
				if now := state(t, device); slices.Contains(now, "address fd00::1/64") {
					t.Errorf("it took nothing away: %q", now)
				}
				check(t, set.Undo())
				if diff := cmp.Diff(before, state(t, device)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestDoesNotFit: routes that the kernel refuses, and a device that is gone.
func TestDoesNotFit(t *testing.T) {
	alone(t, func(device netlink.Link) {
		before := state(t, device)
		s := &Setting{index: device.Attrs().Index}
		for says, routes := range map[string][]Route{
			"does not reach its router": {route("10.2.0.0/16", "192.0.2.1", 0)},
			"give this one another metric": {
				route("10.1.0.0/16", "", 0), // found; it stays
				route("10.3.0.0/16", "10.1.0.7", 0), route("10.3.0.0/16", "10.1.0.8", 0),
			},
		} {
			check(t, netlink.LinkSetUp(device), netlink.RouteAdd(s.route(route("10.1.0.0/16", "", 0))))
			_, err := Apply("", device.Attrs().Index, Config{MTU: 1400, Routes: routes})
			if !errors.Is(err, ErrRoute) || !strings.Contains(err.Error(), says) {
				t.Errorf("%v: %v, want %q", routes, err, says)
			}
			check(t, netlink.RouteDel(s.route(route("10.1.0.0/16", "", 0))), netlink.LinkSetDown(device))
			if diff := cmp.Diff(before, state(t, device)); diff != "" {
				t.Error(diff)
			}
		}
		gone := apply(t, device, Config{Up: new(true), MTU: 1400, Promiscuous: new(true), Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}, Routes: []Route{route("10.1.0.0/16", "", 0)}})
		check(t, netlink.LinkDel(device), gone.Undo())
		if _, err := Apply("", device.Attrs().Index, Config{}); err == nil {
			t.Error("a device that is gone was configured")
		}
	})
}

// TestIPv6Off: what is missing is said.
func TestIPv6Off(t *testing.T) {
	alone(t, func(device netlink.Link) {
		check(t, os.WriteFile("/proc/sys/net/ipv6/conf/tap0/disable_ipv6", []byte("1"), 0))
		_, err := Apply("", device.Attrs().Index, Config{Addresses: []netip.Prefix{netip.MustParsePrefix("fd00::1/64")}})
		if !errors.As(err, new(*tun.UnsupportedError)) || !strings.Contains(err.Error(), "disable_ipv6=0") {
			t.Error(err)
		}
	})
}
