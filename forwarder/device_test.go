package forwarder

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// testNamespace makes a namespace without a name and returns a path to it that
// is valid until the test ends.
func testNamespace(t *testing.T) string {
	t.Helper()
	var ns *os.File
	err := tun.InNewNamespace(func() (err error) {
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	return fmt.Sprintf("/proc/self/fd/%d", ns.Fd())
}

// testDeviceVanishes deletes device b under a running forwarder.
func testDeviceVanishes(t *testing.T, queues int, busy bool) {
	ns := testNamespace(t)
	open := func(name string) *tun.Device {
		dev, err := tun.Open(tun.Config{NetNS: ns, Name: name, Kind: tun.TUN, Queues: queues, VnetHdr: true, Up: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dev.Close() })
		return dev
	}
	a, b := open("a"), open("b")
	f, err := New(Config{A: a.Queues(), B: b.Queues()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	done := make(chan error, 1)
	go func() { done <- f.Run(t.Context()) }()
	asleep(t, f)
	err = tun.InNamespace(ns, func() error {
		if busy {
			if err := chatter(b.Name()); err != nil {
				return err
			}
		}
		link, err := netlink.LinkByName(b.Name())
		if err != nil {
			return err
		}
		return netlink.LinkDel(link)
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, tun.ErrGone) {
			t.Errorf("Run = %v, want ErrGone", err)
		}
		t.Log(err)
	case <-time.After(long):
		t.Fatal("the forwarder does not notice that its device is gone")
	}
}

// chatter sends packets into the device named, in the current namespace.
func chatter(name string) error {
	s, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	link, err := netlink.LinkByName(name)
	if err != nil {
		return errors.Join(err, unix.Close(s))
	}
	const etherTypeIPv4InNetworkOrder = 0x0008
	to := &unix.SockaddrLinklayer{Protocol: etherTypeIPv4InNetworkOrder, Ifindex: link.Attrs().Index}
	for range 1000 {
		if err := unix.Sendto(s, append([]byte{0x45}, make([]byte, 63)...), 0, to); err != nil {
			return errors.Join(err, unix.Close(s))
		}
	}
	return unix.Close(s)
}
