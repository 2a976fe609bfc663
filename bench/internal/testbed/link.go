package testbed

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// configure gives a device all that its plan and cfg say and sets it up. It
// returns the device's index and whether it carries Ethernet frames.
func (ns *Namespace) configure(plan linkPlan, cfg Config) (index int, ethernet bool, err error) {
	link, err := ns.netlink.LinkByName(plan.device)
	if err != nil {
		return 0, false, fmt.Errorf("find device %s in %s: %w", plan.device, ns.name, err)
	}
	index, ethernet = link.Attrs().Index, link.Attrs().EncapType == "ether"
	if err := ns.configureDevice(linkOf(index), ethernet, plan, cfg); err != nil {
		return 0, false, fmt.Errorf("configure device %s in %s: %w", plan.device, ns.name, err)
	}
	if err := ns.configureIP(index, ethernet, plan, cfg.IPv6); err != nil {
		return 0, false, fmt.Errorf("configure addresses of %s in %s: %w", plan.device, ns.name, err)
	}
	return index, ethernet, nil
}

// configureDevice sets everything below IP and sets the device up.
//
// ARP and multicast are off: every neighbour is static, so that neither ARP nor
// neighbour discovery is ever sent, and no group is joined whose report would
// count as a packet.
func (ns *Namespace) configureDevice(link netlink.Link, ethernet bool, plan linkPlan, cfg Config) error {
	if ethernet {
		if err := ns.netlink.LinkSetHardwareAddr(link, plan.mac); err != nil {
			return fmt.Errorf("set hardware address: %w", err)
		}
	}
	if err := ns.netlink.LinkSetARPOff(link); err != nil {
		return fmt.Errorf("turn ARP off: %w", err)
	}
	if err := ns.netlink.LinkSetMulticastOff(link); err != nil {
		return fmt.Errorf("turn multicast off: %w", err)
	}
	if cfg.MTU != 0 {
		if err := ns.netlink.LinkSetMTU(link, cfg.MTU); err != nil {
			return fmt.Errorf("set MTU %d: %w", cfg.MTU, err)
		}
	}
	if cfg.Shaper != nil && plan.role == roleA {
		if err := ns.setShaper(link.Attrs().Index, *cfg.Shaper); err != nil {
			return err
		}
	}
	queueing := cfg
	if plan.role == roleR {
		queueing.Qdisc = "" // a router's is the kernel's default
	}
	if err := ns.setQueueing(link.Attrs().Index, queueing); err != nil {
		return err
	}
	if err := ns.netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set device up: %w", err)
	}
	if cfg.Topology.endsAttach() {
		return nil // neither TUN nor TAP devices have peers
	}
	return ns.allowRedirect(plan.device, cfg)
}

// setQueueing sets the device's transmit queue length and its root qdisc.
func (ns *Namespace) setQueueing(index int, cfg Config) error {
	if cfg.TxQueueLen != 0 {
		if err := ns.netlink.LinkSetTxQLen(linkOf(index), cfg.TxQueueLen); err != nil {
			return fmt.Errorf("set transmit queue length %d: %w", cfg.TxQueueLen, err)
		}
	}
	if cfg.Qdisc != "" {
		return ns.setRootQdisc(index, cfg.Qdisc)
	}
	return nil
}

// configureIP adds the device's addresses, static neighbours and routes.
func (ns *Namespace) configureIP(index int, ethernet bool, plan linkPlan, ipv6 bool) error {
	next, far := plan.next.list(ipv6), plan.far.list(ipv6)
	for i, self := range plan.self.list(ipv6) {
		if err := ns.addAddr(index, self); err != nil {
			return fmt.Errorf("add address %s: %w", self, err)
		}
		if ethernet {
			if err := ns.addNeighbour(index, next[i], plan); err != nil {
				return fmt.Errorf("add neighbour %s: %w", next[i], err)
			}
		}
		if err := ns.addRoute(index, self, next[i], far[i]); err != nil {
			return fmt.Errorf("add route to %s: %w", far[i], err)
		}
	}
	return nil
}

func (ns *Namespace) addAddr(index int, self netip.Addr) error {
	addr := &netlink.Addr{IPNet: hostPrefix(self)}
	if self.Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	return ns.netlink.AddrAdd(linkOf(index), addr)
}

func (ns *Namespace) addNeighbour(index int, next netip.Addr, plan linkPlan) error {
	return ns.netlink.NeighSet(&netlink.Neigh{
		LinkIndex:    index,
		State:        netlink.NUD_PERMANENT,
		IP:           next.AsSlice(),
		HardwareAddr: plan.nextMAC,
	})
}

// addRoute leads packets for far to the device, by way of next if that is
// somebody else.
func (ns *Namespace) addRoute(index int, self, next, far netip.Addr) error {
	route := &netlink.Route{LinkIndex: index, Dst: hostPrefix(far), Src: self.AsSlice()}
	if next == far {
		route.Scope = netlink.SCOPE_LINK
	} else {
		route.Gw = next.AsSlice()
		route.Flags = int(netlink.FLAG_ONLINK)
	}
	return ns.netlink.RouteAdd(route)
}

// addNetwork leads packets for a whole network to the device, by way of next.
func (ns *Namespace) addNetwork(index int, network netip.Prefix, next netip.Addr) error {
	return ns.netlink.RouteAdd(&netlink.Route{
		LinkIndex: index, Gw: next.AsSlice(), Flags: int(netlink.FLAG_ONLINK),
		Dst: &net.IPNet{IP: network.Addr().AsSlice(), Mask: net.CIDRMask(network.Bits(), network.Addr().BitLen())},
	})
}

// setLoopbackUp makes the namespace's own addresses reachable from inside.
func (ns *Namespace) setLoopbackUp() error {
	const loopbackIndex = 1 // LOOPBACK_IFINDEX in net/net_namespace.h
	if err := ns.netlink.LinkSetUp(linkOf(loopbackIndex)); err != nil {
		return fmt.Errorf("set lo up in %s: %w", ns.name, err)
	}
	return nil
}

// setRootQdisc replaces the root qdisc by one of that kind without parameters.
func (ns *Namespace) setRootQdisc(index int, kind string) error {
	err := ns.netlink.QdiscReplace(&netlink.GenericQdisc{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: index, Parent: netlink.HANDLE_ROOT},
		QdiscType:  kind,
	})
	if errors.Is(err, unix.ENOENT) {
		return &UnsupportedError{"qdisc " + kind, err}
	}
	if err != nil {
		return fmt.Errorf("set root qdisc %s: %w", kind, err)
	}
	return nil
}

// indexes are those of devices, by name.
func (ns *Namespace) indexes(devices ...string) (indexes []int, err error) {
	for _, device := range devices {
		link, err := ns.netlink.LinkByName(device)
		if err != nil {
			return nil, fmt.Errorf("find device %s in %s: %w", device, ns.name, err)
		}
		indexes = append(indexes, link.Attrs().Index)
	}
	return indexes, nil
}

// linkOf is the handle of a device whose index is known.
func linkOf(index int) netlink.Link {
	return &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: index}}
}
