package testbed

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	vxlanDevice = "vx0"
	vxlanPort   = 4789 // RFC 7348, section 5
	vxlanID     = 1
	// vxlanOverhead is an Ethernet, an IPv4, a UDP and a VXLAN header.
	vxlanOverhead = 14 + 20 + 8 + 8
)

// AddVXLAN makes a VXLAN device at both ends, over the scene, and returns their addresses.
// They are gone with the scene. A kernel without VXLAN is an *UnsupportedError.
func (t *Testbed) AddVXLAN() (a, b netip.Addr, err error) {
	a, b = netip.MustParseAddr("198.18.2.1"), netip.MustParseAddr("198.18.2.2")
	macA, macB := localMAC(0x1a), localMAC(0x1b)
	err = t.a.addVXLAN(t.b.Addr, a, b, macA, macB)
	if err == nil {
		err = t.b.addVXLAN(t.a.Addr, b, a, macB, macA)
	}
	return a, b, err
}

func (e *End) addVXLAN(remote, self, far netip.Addr, mac, farMAC net.HardwareAddr) error {
	ns := e.Namespace
	under, err := ns.netlink.LinkByIndex(e.IfIndex)
	if err != nil {
		return fmt.Errorf("find the device of %s: %w", ns.name, err)
	}
	link := &netlink.Vxlan{
		LinkAttrs: netlink.NewLinkAttrs(), VxlanId: vxlanID, Port: vxlanPort,
		SrcAddr: e.Addr.AsSlice(), Group: remote.AsSlice(),
	}
	link.Name, link.HardwareAddr, link.MTU = vxlanDevice, mac, under.Attrs().MTU-vxlanOverhead
	err = ns.netlink.LinkAdd(link)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return &UnsupportedError{"VXLAN driver", err}
	}
	if err != nil {
		return fmt.Errorf("create VXLAN device in %s: %w", ns.name, err)
	}
	index := link.Attrs().Index
	if err := errors.Join(ns.netlink.LinkSetARPOff(link), ns.netlink.LinkSetMulticastOff(link), ns.netlink.LinkSetUp(link)); err != nil {
		return fmt.Errorf("configure VXLAN device in %s: %w", ns.name, err)
	}
	plan := linkPlan{nextMAC: farMAC}
	if err := errors.Join(ns.addAddr(index, self), ns.addNeighbour(index, far, plan), ns.addRoute(index, self, far, far)); err != nil {
		return fmt.Errorf("configure addresses of the VXLAN device in %s: %w", ns.name, err)
	}
	return nil
}
