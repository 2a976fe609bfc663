package testbed

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// PhysicalLink describes the network between the two hosts of topology Tunnel: a veth pair with addresses of its
// own. It carries what the tunnel makes of packets. It has a root qdisc like a NIC's, whose counters tell the
// packets on the wire also where the kernel hands over several as one (UDP_SEGMENT).
type PhysicalLink struct {
	MTU           int           // bytes of an IP packet; 0 is 1500
	BitsPerSecond uint64        // each way, of whole Ethernet frames; 0: as fast as it goes
	Delay         time.Duration // each way; 0: none
}

// PhysicalEnd is where an end of topology Tunnel is joined to the physical link.
type PhysicalEnd struct {
	Device  string
	IfIndex int
	Addr    netip.Addr // IPv4, also where the tunnel carries IPv6
}

const (
	physicalDevice = "wire0"

	defaultLinkMTU = 1500
	minLinkRate    = 64_000 // bit/s

	// delayedPackets is how many packets a link with a delay holds: a second of 1.5 Gbit/s.
	delayedPackets = 125_000
	// shapedTime is how long a packet waits at most in front of a link with a rate; on a slow link as long as one superpacket takes.
	shapedTime = 50 * time.Millisecond
)

// checkLink returns a *ConfigError for the first field that cannot be used.
func (c *Config) checkLink() error {
	l := c.Link
	switch {
	case l == PhysicalLink{}:
		return nil
	case c.Topology != Tunnel:
		return &ConfigError{"Link", string(c.Topology), "none: only topology tunnel has one"}
	case l.MTU != 0 && (l.MTU < minMTU || l.MTU > maxMTU):
		return &ConfigError{"Link.MTU", fmt.Sprint(l.MTU), fmt.Sprintf("0 or %d to %d", minMTU, maxMTU)}
	case l.BitsPerSecond != 0 && l.BitsPerSecond < minLinkRate:
		return &ConfigError{"Link.BitsPerSecond", fmt.Sprint(l.BitsPerSecond), fmt.Sprintf("0, or %d or more", minLinkRate)}
	case l.Delay < 0:
		return &ConfigError{"Link.Delay", l.Delay.String(), "0 or more"}
	}
	return nil
}

// physicalLinks is what the two ends of the link are told.
func physicalLinks() []linkPlan {
	return []linkPlan{
		{roleA, physicalDevice, localMAC(0x2a), addrsWireA(), addrsWireB(), localMAC(0x2b), addrsWireB(), addrs{}},
		{roleB, physicalDevice, localMAC(0x2b), addrsWireB(), addrsWireA(), localMAC(0x2a), addrsWireA(), addrs{}},
	}
}

// buildPhysical joins the two hosts.
func (t *Testbed) buildPhysical(spaces map[role]*Namespace, link PhysicalLink) error {
	if link.MTU == 0 {
		link.MTU = defaultLinkMTU
	}
	if err := createVeth(spaces[roleA], physicalDevice, spaces[roleB], physicalDevice); err != nil {
		return err
	}
	for i, plan := range physicalLinks() {
		ns := spaces[plan.role]
		index, _, err := ns.configure(plan, Config{Topology: Tunnel, MTU: link.MTU})
		if err != nil {
			return err
		}
		if err := ns.setPhysicalQdisc(index, link); err != nil {
			return fmt.Errorf("configure the physical link in %s: %w", ns.name, err)
		}
		t.physical[i] = &PhysicalEnd{Device: plan.device, IfIndex: index, Addr: plan.self.v4}
	}
	return nil
}

// setPhysicalQdisc makes the link as fast and as long as it is to be.
func (ns *Namespace) setPhysicalQdisc(index int, link PhysicalLink) error {
	parent := uint32(netlink.HANDLE_ROOT)
	if link.Delay > 0 {
		handle := netlink.MakeHandle(1, 0)
		netem := netlink.NewNetem(
			netlink.QdiscAttrs{LinkIndex: index, Parent: parent, Handle: handle},
			netlink.NetemQdiscAttrs{Latency: uint32(link.Delay.Microseconds()), Limit: delayedPackets},
		)
		if err := ns.netlink.QdiscReplace(netem); errors.Is(err, unix.ENOENT) {
			return &UnsupportedError{"qdisc netem, which linkdelay needs (module sch_netem)", err}
		} else if err != nil {
			return fmt.Errorf("set qdisc netem: %w", err)
		}
		parent = netlink.MakeHandle(1, 1)
	}
	switch {
	case link.BitsPerSecond > 0:
		if err := ns.setTBF(index, parent, link.shaper()); errors.Is(err, unix.ENOENT) {
			return &UnsupportedError{"qdisc tbf, which linkrate needs (module sch_tbf)", err}
		} else if err != nil {
			return fmt.Errorf("set qdisc tbf: %w", err)
		}
		return nil
	case link.Delay > 0:
		return nil
	}
	return ns.setRootQdisc(index, "pfifo_fast")
}

// shaper is the tbf of a link with a rate. It lets pass at once what a NIC takes as one packet, or two packets of a
// slow link.
func (l PhysicalLink) shaper() Shaper {
	const ethernetHeaderLen, superpacket, burstTime = 14, 64 << 10, 4 * time.Millisecond
	frame := uint64(l.MTU + ethernetHeaderLen)
	passes := func(d time.Duration) uint64 { return l.BitsPerSecond / 8 * uint64(d) / uint64(time.Second) }
	return Shaper{
		Kind: TBF, BitsPerSecond: l.BitsPerSecond,
		BurstBytes: uint32(max(passes(burstTime), 2*frame)),
		LimitBytes: uint32(min(max(passes(shapedTime), superpacket), 1<<30)),
	}
}

// addPhysicalCounters reads those of the link.
func (t *Testbed) addPhysicalCounters(c *Counters) error {
	for i, end := range []*End{t.a, t.b} {
		if t.physical[i] == nil {
			return nil
		}
		link, err := end.Namespace.counters(t.physical[i].IfIndex)
		if err != nil {
			return err
		}
		c.Physical = append(c.Physical, link)
	}
	return nil
}
