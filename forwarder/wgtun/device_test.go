package wgtun_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	fork "github.com/tailscale/wireguard-go/tun"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

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
