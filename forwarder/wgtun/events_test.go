package wgtun_test

import (
	"errors"
	"os"
	"testing"
	"time"

	fork "github.com/tailscale/wireguard-go/tun"
	"github.com/vishvananda/netlink"
	wireguardtun "golang.zx2c4.com/wireguard/tun"

	"tunbench/forwarder/wgtun"
)

// wait returns the next event, and fails if there is none.
func wait(t *testing.T, events <-chan wireguardtun.Event, want wireguardtun.Event) {
	t.Helper()
	select {
	case got, ok := <-events:
		if got != want || !ok {
			t.Fatalf("event %d, %v; want %d", got, ok, want)
		}
	case <-time.After(patience):
		t.Fatalf("no event; want %d", want)
	}
}

// TestEvents: they tell of what is done to the device, also after it was renamed and moved into another
// namespace, and end when it is deleted.
func TestEvents(t *testing.T) {
	first, second := newNamespace(t), newNamespace(t)
	d, err := wgtun.Open(wgtun.Config{NetNS: first, Name: "wg0", MTU: 1300, Queues: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	link := func(netns, name string, f func(l netlink.Link) error) {
		t.Helper()
		inside(t, netns, func() error {
			l, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			return f(l)
		})
	}
	wait(t, d.Events(), wireguardtun.EventMTUUpdate)
	link(first, "wg0", netlink.LinkSetUp)
	wait(t, d.Events(), wireguardtun.EventUp)
	link(first, "wg0", func(l netlink.Link) error { return netlink.LinkSetMTU(l, 1400) })
	wait(t, d.Events(), wireguardtun.EventMTUUpdate)
	link(first, "wg0", netlink.LinkSetDown)
	wait(t, d.Events(), wireguardtun.EventDown)
	link(first, "wg0", func(l netlink.Link) error { return netlink.LinkSetName(l, "vpn") })
	if name, err := d.Name(); name != "vpn" || err != nil {
		t.Errorf("renamed to %q, %v", name, err)
	}
	link(first, "vpn", func(l netlink.Link) error {
		ns, err := os.Open(second)
		if err != nil {
			return err
		}
		defer ns.Close()
		return netlink.LinkSetNsFd(l, int(ns.Fd()))
	})
	link(second, "vpn", netlink.LinkSetUp)
	wait(t, d.Events(), wireguardtun.EventUp)
	link(second, "vpn", func(l netlink.Link) error { return netlink.LinkSetMTU(l, 1234) })
	wait(t, d.Events(), wireguardtun.EventMTUUpdate)
	if mtu, err := d.MTU(); mtu != 1234 || err != nil {
		t.Errorf("MTU %d, %v", mtu, err)
	}
	ended := make(chan error)
	go func() {
		bufs, sizes := [][]byte{make([]byte, 65535)}, make([]int, 1)
		for {
			if _, err := d.Read(bufs, sizes, 16); err != nil {
				ended <- err
				return
			}
		}
	}()
	link(second, "vpn", netlink.LinkDel)
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("Read of a deleted device: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Read does not learn that the device was deleted")
	}
	if _, err := d.Write([][]byte{append(make([]byte, 16), 0x45)}, 16); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write to a deleted device: %v", err)
	}
	for {
		select {
		case _, ok := <-d.Events():
			if !ok {
				return
			}
		case <-time.After(patience):
			t.Fatal("events of a deleted device do not end")
		}
	}
}

// TestEventsAreTheModules: this package gives numbers for both modules' names.
func TestEventsAreTheModules(t *testing.T) {
	if int(wireguardtun.EventUp) != int(fork.EventUp) || int(wireguardtun.EventDown) != int(fork.EventDown) || int(wireguardtun.EventMTUUpdate) != int(fork.EventMTUUpdate) {
		t.Error("the modules' events differ")
	}
}

// TestCloseWithEventsUnread: nobody has to read them.
func TestCloseWithEventsUnread(t *testing.T) {
	netns := newNamespace(t)
	d, err := wgtun.OpenMultiQueue(wgtun.Config{NetNS: netns, Name: "wg0"})
	if err != nil {
		t.Fatal(err)
	}
	inside(t, netns, func() error {
		l, err := netlink.LinkByName("wg0")
		for i := range 20 {
			err = errors.Join(err, netlink.LinkSetMTU(l, 1300+i))
		}
		return err
	})
	closed := make(chan error)
	go func() { closed <- d.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Close waits for who reads events")
	}
}
