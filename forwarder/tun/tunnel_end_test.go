package tun

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// inside are the addresses of both ends inside the UDP tunnel.
var inside = [2]netip.Prefix{netip.MustParsePrefix("10.9.0.1/24"), netip.MustParsePrefix("10.9.0.2/24")}

// tunnelEnd is a namespace with a VXLAN device over a TAP device. The test closes it.
type tunnelEnd struct {
	path  string // of the namespace
	queue *Queue
}

func newTunnelEnd(t *testing.T, local, remote string, inner netip.Prefix, csum bool) *tunnelEnd {
	t.Helper()
	var ns *os.File
	inTestNamespace(t, func() (err error) {
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	t.Cleanup(func() { ns.Close() })
	e := &tunnelEnd{path: fmt.Sprintf("/proc/self/fd/%d", ns.Fd())}
	dev, err := Open(Config{
		NetNS: e.path, Name: "outer", Kind: TAP, Queues: 1, VnetHdr: true, Offload: OffloadTunnel, Up: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	e.queue = dev.Queues()[0]
	if dev.Offload() != OffloadTunnel || e.queue.VnetHdrLen() != offload.VnetHdrV1HashTunnelLen {
		t.Fatalf("offload %v with a vnet header of %d bytes: UDP-tunnel GSO needs Linux 6.17", dev.Offload(), e.queue.VnetHdrLen())
	}
	err = InNamespace(e.path, func() error {
		if err := addAddress("outer", netip.MustParseAddr(local)); err != nil {
			return err
		}
		return addVXLAN(netip.MustParseAddr(local), netip.MustParseAddr(remote), inner, csum)
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// addAddress gives a device an address in a network that the other end is in too.
func addAddress(device string, address netip.Addr) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return err
	}
	mask := net.CIDRMask(address.BitLen()-8, address.BitLen())
	return netlink.AddrAdd(link, &netlink.Addr{
		IPNet: &net.IPNet{IP: address.AsSlice(), Mask: mask},
		Flags: unix.IFA_F_NODAD, // to be used at once
	})
}

// addVXLAN goes through ip(8): netlink.Vxlan cannot ask for no outer checksums.
func addVXLAN(local, remote netip.Addr, inner netip.Prefix, csum bool) error {
	outerCsum := "noudpcsum"
	if csum {
		outerCsum = "udpcsum"
	}
	out, err := exec.Command("ip", "link", "add", "inner", "mtu", "1400", "type", "vxlan", "id", "7",
		"local", local.String(), "remote", remote.String(), "dstport", "4789", outerCsum).CombinedOutput()
	if err != nil {
		return fmt.Errorf("add VXLAN device: %w: %s", err, out)
	}
	if err := addAddress("inner", inner.Addr()); err != nil {
		return err
	}
	link, err := netlink.LinkByName("inner")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}
