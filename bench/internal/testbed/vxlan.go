package testbed

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	vxlanDevice = "vx0"
	vxlanPort   = 4789 // RFC 7348, section 5
	vxlanID     = 1
	// VXLANOverhead is by how many bytes the MTU of a VXLAN device is below that of the device
	// that carries its packets: an IPv4, a UDP, a VXLAN and the inner Ethernet header.
	VXLANOverhead = 20 + 8 + 8 + 14
)

// vxlanPlans are what the VXLAN devices of A and B are told.
func vxlanPlans() [2]linkPlan {
	a, b := mustAddrs("198.18.2.1", "2001:2:0:c::1"), mustAddrs("198.18.2.2", "2001:2:0:c::2")
	macA, macB := localMAC(0x1a), localMAC(0x1b)
	return [2]linkPlan{
		{roleA, vxlanDevice, macA, a, b, macB, b, addrsBehindA()},
		{roleB, vxlanDevice, macB, b, a, macA, a, addrsBehindB()},
	}
}

// AddVXLAN makes a VXLAN device at both ends, over the scene, and returns their addresses. The
// ends stay what they were, see Config.VXLAN for the other way. The devices are gone with the
// scene. A kernel without VXLAN is an *UnsupportedError.
func (t *Testbed) AddVXLAN() (a, b netip.Addr, err error) {
	plans := vxlanPlans()
	for i, end := range []*End{t.a, t.b} {
		if _, err := end.addVXLAN([]*End{t.b, t.a}[i].Addr, plans[i], false); err != nil {
			return a, b, err
		}
	}
	return plans[0].self.v4, plans[1].self.v4, nil
}

// overlay makes VXLAN devices over the scene that are the ends' own devices from now on.
func (t *Testbed) overlay(cfg Config) error {
	plans, under := vxlanPlans(), [2]*End{t.a, t.b}
	var over [2]*End
	for i, end := range under {
		index, err := end.addVXLAN(under[1-i].Addr, plans[i], cfg.IPv6)
		if err != nil {
			return err
		}
		over[i] = newEnd(end.Namespace, plans[i], cfg.IPv6)
		over[i].found(plans[i], index, true)
		over[i].Attach, over[i].Physical, over[i].under = end.Attach, end.Physical, end
	}
	t.a, t.b = over[0], over[1]
	return nil
}

// addVXLAN makes a VXLAN device to a remote address over the end's own device.
func (e *End) addVXLAN(remote netip.Addr, plan linkPlan, ipv6 bool) (index int, err error) {
	ns := e.Namespace
	under, err := ns.netlink.LinkByIndex(e.IfIndex)
	if err != nil {
		return 0, fmt.Errorf("find the device of %s: %w", ns.name, err)
	}
	link := &netlink.Vxlan{
		LinkAttrs: netlink.NewLinkAttrs(), VxlanId: vxlanID, Port: vxlanPort,
		SrcAddr: e.Addr.AsSlice(), Group: remote.AsSlice(),
	}
	link.Name, link.HardwareAddr, link.MTU = plan.device, plan.mac, under.Attrs().MTU-VXLANOverhead
	err = ns.netlink.LinkAdd(link)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return 0, &UnsupportedError{"VXLAN driver", err}
	}
	if err != nil {
		return 0, fmt.Errorf("create VXLAN device in %s: %w", ns.name, err)
	}
	index = link.Attrs().Index
	if err := errors.Join(ns.netlink.LinkSetARPOff(link), ns.netlink.LinkSetMulticastOff(link), ns.netlink.LinkSetUp(link)); err != nil {
		return 0, fmt.Errorf("configure VXLAN device in %s: %w", ns.name, err)
	}
	if err := ns.configureIP(index, true, plan, ipv6); err != nil {
		return 0, fmt.Errorf("configure addresses of the VXLAN device in %s: %w", ns.name, err)
	}
	return index, nil
}

// reroute puts back the route and the neighbour by which a VXLAN device over the end's own
// finds the remote one: a device that is set down loses both.
func (e *End) reroute() error {
	ns, next, far := e.Namespace, e.plan.next.v4, e.plan.far.v4
	if e.Ethernet {
		if err := ns.addNeighbour(e.IfIndex, next, e.plan); err != nil {
			return fmt.Errorf("add neighbour %s: %w", next, err)
		}
	}
	if err := ns.addRoute(e.IfIndex, e.Addr, next, far); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add route to %s: %w", far, err)
	}
	return nil
}
