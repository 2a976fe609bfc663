package wgtun_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	fork "github.com/tailscale/wireguard-go/tun"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	wireguardtun "golang.zx2c4.com/wireguard/tun"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/forwarder/wgtun"
)

// descriptors lists what this process has open that belongs to devices.
func descriptors(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + e.Name())
		if strings.Contains(target, "net/tun") || strings.Contains(target, "bpf") {
			n++
		}
	}
	return n
}

// TestLifecycle is what the fork asks of its own device (TestTUNLifecycle), for both interfaces.
func TestLifecycle(t *testing.T) {
	before := descriptors(t)
	for _, queues := range []int{1, 4} {
		for _, name := range []string{"wg0", "wg%d", ""} {
			cfg := wgtun.Config{NetNS: newNamespace(t), Name: name, Queues: queues}
			one, err := wgtun.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Name = "other"
			many, err := wgtun.OpenMultiQueue(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := one.Name(); err != nil || got == "" || strings.Contains(got, "%") || name == "wg0" && got != name {
				t.Errorf("%q is named %q, %v", name, got, err)
			}
			if mtu, err := one.MTU(); err != nil || mtu != wgtun.DefaultMTU {
				t.Errorf("MTU %d, %v", mtu, err)
			}
			if one.File() == nil || one.BatchSize() != wgtun.BatchSize {
				t.Errorf("file %v, batch size %d", one.File(), one.BatchSize())
			}
			ends := fork.QueuesOf(many)
			if len(ends) != queues {
				t.Fatalf("%d queues, want %d", len(ends), queues)
			}
			seen := map[*os.File]bool{}
			for _, end := range ends {
				var ifr unix.Ifreq
				conn, err := end.File().SyscallConn()
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(conn.Control(func(fd uintptr) { err = unix.IoctlIfreq(int(fd), unix.TUNGETIFF, &ifr) }), err); err != nil || ifr.Name() != "other" {
					t.Errorf("a queue of %q, %v", ifr.Name(), err)
				}
				if seen[end.File()] {
					t.Error("two queues are one")
				}
				seen[end.File()] = true
			}
			for range 2 {
				if err := errors.Join(one.Close(), many.Close()); err != nil {
					t.Error(err)
				}
			}
			if _, open := <-many.Events(); open {
				for range many.Events() {
				}
			}
			inside(t, cfg.NetNS, func() error {
				links, err := netlink.LinkList()
				if len(links) != 1 {
					t.Errorf("links are left: %v", links)
				}
				return err
			})
			if _, err := one.Name(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("the name of a closed device: %v", err)
			}
			if _, err := one.MTU(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("the MTU of a closed device: %v", err)
			}
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
}

// TestOpenFails: nothing stays open, and the text names what is wrong.
func TestOpenFails(t *testing.T) {
	before := descriptors(t)
	netns := newNamespace(t)
	for _, tc := range []struct {
		cfg  wgtun.Config
		says string
	}{
		{wgtun.Config{Queues: -1}, "queues -1: want 1 to 256"},
		{wgtun.Config{Queues: 1000}, "queues 1000: want 1 to 256"},
		{wgtun.Config{MTU: 1}, "mtu 1: want 68 to 65535"},
		{wgtun.Config{Name: "a name that is too long"}, "at most 15 bytes"},
		{wgtun.Config{Queues: 2, Steer: "luck"}, `steering policy "luck": want one of`},
		{wgtun.Config{NetNS: "/etc/passwd"}, "not a network namespace"},
		{wgtun.Config{Name: "lo"}, "not a tun device"},
	} {
		if tc.cfg.NetNS == "" {
			tc.cfg.NetNS = netns
		}
		_, err := wgtun.Open(tc.cfg)
		_, err2 := wgtun.OpenMultiQueue(tc.cfg)
		for _, err := range []error{err, err2} {
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%+v: %v; want %q", tc.cfg, err, tc.says)
			}
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
}

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

// TestSteered: a flow comes out of one queue, in both directions, whichever queue its packets are
// written to.
func TestSteered(t *testing.T) {
	netns := newNamespace(t)
	const queues, flows = 4, 32
	d, err := wgtun.OpenMultiQueue(wgtun.Config{NetNS: netns, Name: "wg0", Queues: queues, Steer: steer.PolicyHash, TxQueueLen: 10 * flows})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if !d.Steered() {
		t.Error("it says that no program steers")
	}
	inside(t, netns, func() error { return address("wg0", "10.9.0.1/24") })
	var echo int
	inside(t, netns, func() (err error) {
		if echo, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err != nil {
			return err
		}
		return unix.Bind(echo, &unix.SockaddrInet4{Port: 7, Addr: [4]byte{10, 9, 0, 1}})
	})
	defer unix.Close(echo)
	// The peer writes by a queue of its own choice, and the host answers.
	type seen struct{ queue, port int }
	came := make(chan seen, 2*flows)
	for i, q := range d.Queues() {
		go func() {
			memory, packets := make([]byte, 1<<17), make([]fork.ReadPacket, wgtun.BatchSize)
			for {
				n, err := q.Read(memory, packets)
				if err != nil {
					return
				}
				for _, p := range packets[:n] {
					b := memory[p.Offset:][:p.Size]
					if b[0]>>4 == 4 && b[9] == unix.IPPROTO_UDP {
						came <- seen{i, int(b[22])<<8 | int(b[23])}
					}
				}
			}
		}()
	}
	buf := make([]byte, 100)
	queueOf := map[int]int{}
	for round := range 2 {
		for port := 1000; port < 1000+flows; port++ {
			request := append(make([]byte, 16), datagram(port, 7)...)
			if _, err := d.WriteTo(port+round, [][]byte{request}, 16); err != nil {
				t.Fatal(err)
			}
			n, from, err := unix.Recvfrom(echo, buf, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := unix.Sendto(echo, buf[:n], 0, from); err != nil {
				t.Fatal(err)
			}
			select {
			case s := <-came:
				if before, known := queueOf[port]; s.port != port || known && before != s.queue {
					t.Errorf("the answer to port %d comes out of queue %d to port %d, before out of %d", port, s.queue, s.port, before)
				}
				queueOf[port] = s.queue
			case <-time.After(patience):
				t.Fatalf("no answer to port %d", port)
			}
		}
	}
	used := map[int]bool{}
	for _, q := range queueOf {
		used[q] = true
	}
	if len(used) < 2 {
		t.Errorf("%d flows use %d of %d queues", flows, len(used), queues)
	}
}

// TestCannotSteer: a user who may have the device but not load programs gets the kernel's choice of queue,
// or an error if another was named.
func TestCannotSteer(t *testing.T) {
	if limit, _ := os.ReadFile("/proc/sys/kernel/unprivileged_bpf_disabled"); string(limit) == "0\n" {
		t.Skip("this host lets everybody load programs")
	}
	inside(t, newNamespace(t), func() error { // on a thread that ends with it
		keep := [2]unix.CapUserData{{Effective: 1 << unix.CAP_NET_ADMIN, Permitted: 1 << unix.CAP_NET_ADMIN}}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &keep[0]); err != nil {
			return err
		}
		d, err := wgtun.Open(wgtun.Config{Queues: 2})
		if err != nil {
			return err
		}
		if d.Steered() {
			t.Error("it says that a program steers")
		}
		if d, err := wgtun.Open(wgtun.Config{Queues: 2, Steer: steer.PolicyHash}); !errors.As(err, new(*steer.UnsupportedError)) {
			t.Errorf("%v, %v; want a steer.UnsupportedError", d, err)
		}
		return d.Close()
	})
}

// datagram is a UDP packet from 10.9.0.2 to 10.9.0.1, without a checksum.
func datagram(from, to int) []byte {
	p := []byte{0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, unix.IPPROTO_UDP, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1, byte(from >> 8), byte(from), byte(to >> 8), byte(to), 0, 12, 0, 0, 1, 2, 3, 4}
	sum := 0
	for i := 0; i < 20; i += 2 {
		sum += int(p[i])<<8 | int(p[i+1])
	}
	sum = sum>>16 + sum&0xffff
	p[10], p[11] = ^byte(sum>>8), ^byte(sum)
	return p
}

// TestFewerOffloads: what a kernel lacks is not asked for again, and packets come all the same.
func TestFewerOffloads(t *testing.T) {
	for _, offload := range []tun.Offload{tun.OffloadCsum, tun.OffloadTSO} {
		t.Run(fmt.Sprint(offload), func(t *testing.T) {
			netns := newNamespace(t)
			d, err := wgtun.Open(wgtun.Config{NetNS: netns, Name: "wg0", Offload: offload, TxQueueLen: 1000})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if d.Offload() != offload {
				t.Errorf("offload %v, want %v", d.Offload(), offload)
			}
			inside(t, netns, func() error { return address("wg0", "10.9.0.1/24") })
			inside(t, netns, func() error {
				fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
				if err != nil {
					return err
				}
				defer unix.Close(fd)
				return errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT, 500),
					unix.Sendto(fd, make([]byte, 20*500), 0, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{10, 9, 0, 2}}))
			})
			bufs, sizes := make([][]byte, wgtun.BatchSize), make([]int, wgtun.BatchSize)
			for i := range bufs {
				bufs[i] = make([]byte, 2000)
			}
			for got := 0; got < 20; {
				n, err := d.Read(bufs, sizes, 16)
				if err != nil {
					t.Fatal(err)
				}
				for _, size := range sizes[:n] {
					if size == 528 {
						got++
					}
				}
			}
		})
	}
}
