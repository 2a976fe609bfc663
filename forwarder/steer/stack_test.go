package steer

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// TestPacketsOfTheStack steers what sockets send, not what a test built: the network
// stack hands its packets to the driver in a form of its own.
func TestPacketsOfTheStack(t *testing.T) {
	const queues = 8
	local, remote := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for _, kind := range []tun.Kind{tun.TUN, tun.TAP} {
		t.Run(kind.String(), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				dev := openDevice(t, kind, queues)
				dev.attach(t, PolicyHash)
				dev.connect(t, local, remote)
				for i := range 32 {
					f := flow{netip.AddrPortFrom(local, uint16(20000+i)), netip.AddrPortFrom(remote, 9), unix.IPPROTO_UDP}
					sendUDP(t, f, 100)
					if got, want := dev.readOne(t), f.queue(queues, false); got != want {
						t.Errorf("%v: queue %d, want %d", f, got, want)
					}
				}
				for i := range 8 {
					f := flow{netip.AddrPortFrom(local, uint16(21000+i)), netip.AddrPortFrom(remote, 9), unix.IPPROTO_UDP}
					sendUDP(t, f, 6000)
					for queue, packets := range dev.read(t) {
						want := 0
						if queue == f.queue(queues, true) {
							want = 5 // of 1480 bytes and the rest
						}
						if len(packets) != want {
							t.Errorf("%v: %d IP fragments in queue %d, want %d", f, len(packets), queue, want)
						}
					}
				}
			})
		})
	}
}

// connect gives the device an address, and a neighbor without asking for it.
func (d *device) connect(t *testing.T, local, remote netip.Addr) {
	t.Helper()
	link, err := netlink.LinkByIndex(d.index)
	if err != nil {
		t.Fatal(err)
	}
	address := &netlink.Addr{IPNet: &net.IPNet{IP: local.AsSlice(), Mask: net.CIDRMask(24, 32)}}
	if err := netlink.AddrAdd(link, address); err != nil {
		t.Fatal(err)
	}
	if d.Kind() != tun.TAP {
		return
	}
	err = netlink.NeighAdd(&netlink.Neigh{
		LinkIndex: d.index, State: netlink.NUD_PERMANENT,
		IP: remote.AsSlice(), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sendUDP sends one datagram, in IP fragments where it is longer than the MTU.
func sendUDP(t *testing.T, f flow, size int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	src := unix.SockaddrInet4{Port: int(f.src.Port()), Addr: f.src.Addr().As4()}
	dst := unix.SockaddrInet4{Port: int(f.dst.Port()), Addr: f.dst.Addr().As4()}
	if err := unix.Bind(fd, &src); err != nil {
		t.Fatal(fmt.Errorf("bind %v: %w", f.src, err))
	}
	if err := unix.Sendto(fd, bytes.Repeat([]byte{1}, size), 0, &dst); err != nil {
		t.Fatal(fmt.Errorf("send %d bytes: %w", size, err))
	}
}
