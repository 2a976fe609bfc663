package testbed

import (
	"fmt"

	"github.com/vishvananda/netlink"

	"tunbench/bench/internal/testbed/nic"
)

// LinkCounters are a device's counters since it was created, with the names of
// struct rtnl_link_stats64 in linux/if_link.h, from the kernel's point of view: what
// a DUT reads from a TUN device was transmitted by it.
type LinkCounters struct {
	RxPackets, TxPackets uint64 // superpackets count once
	RxBytes, TxBytes     uint64
	RxDropped, TxDropped uint64 // TxDropped of a TUN or TAP device: its ring was full

	// Qdisc is the kind of the root qdisc, "" if there is none, and QdiscDrops what
	// it dropped, its children included; noqueue never drops.
	Qdisc      string
	QdiscDrops uint64
	// QdiscPackets and QdiscBytes are what left the root qdisc: of a superpacket each
	// segment with its headers, whole frames on Ethernet. 0 of noqueue.
	QdiscPackets, QdiscBytes uint64
}

// Counters are the counters of every device of a Testbed and of the IP stack in
// every namespace.
type Counters struct {
	A, B LinkCounters
	// Router has the router's device towards A, then the one towards B; nil where
	// there is no router.
	Router []LinkCounters
	// Attached has the devices that a DUT attaches to, towards A, then towards B, where they
	// are not the ends' own; else nil.
	Attached []LinkCounters
	// Physical has the ends of the physical link, A's and B's; nil where there is none.
	Physical []LinkCounters

	StackA, StackB, StackRouter Stack // StackRouter is nil where there is no router
}

// Sub returns what was counted since prev, an earlier reading of the same Testbed.
func (c Counters) Sub(prev Counters) Counters {
	diff := Counters{
		A:           c.A.Sub(prev.A),
		B:           c.B.Sub(prev.B),
		StackA:      c.StackA.Sub(prev.StackA),
		StackB:      c.StackB.Sub(prev.StackB),
		StackRouter: c.StackRouter.Sub(prev.StackRouter),
	}
	for i := range c.Physical {
		diff.Physical = append(diff.Physical, c.Physical[i].Sub(prev.Physical[i]))
	}
	for i := range c.Router {
		diff.Router = append(diff.Router, c.Router[i].Sub(prev.Router[i]))
	}
	for i := range c.Attached {
		diff.Attached = append(diff.Attached, c.Attached[i].Sub(prev.Attached[i]))
	}
	return diff
}

// Sub returns what was counted since prev, an earlier reading of the same device.
func (c LinkCounters) Sub(prev LinkCounters) LinkCounters {
	return LinkCounters{
		RxPackets: c.RxPackets - prev.RxPackets,
		TxPackets: c.TxPackets - prev.TxPackets,
		RxBytes:   c.RxBytes - prev.RxBytes,
		TxBytes:   c.TxBytes - prev.TxBytes,
		RxDropped: c.RxDropped - prev.RxDropped,
		TxDropped: c.TxDropped - prev.TxDropped,
		Qdisc:     c.Qdisc,
		// The kernel shows these in 32 bits (struct gnet_stats_queue, gnet_stats_basic).
		QdiscDrops:   uint64(uint32(c.QdiscDrops - prev.QdiscDrops)),
		QdiscPackets: uint64(uint32(c.QdiscPackets - prev.QdiscPackets)),
		QdiscBytes:   c.QdiscBytes - prev.QdiscBytes,
	}
}

// Counters reads all counters, one after the other.
func (t *Testbed) Counters() (Counters, error) {
	ends, err := t.endCounters()
	if err != nil {
		return Counters{}, err
	}
	c := Counters{A: ends.a, B: ends.b}
	if t.attached() {
		c.Attached = []LinkCounters{ends.attachedA, ends.attachedB}
	}
	if c.StackA, err = t.a.Namespace.readStack(); err != nil {
		return Counters{}, err
	}
	if c.StackB, err = t.b.Namespace.readStack(); err != nil {
		return Counters{}, err
	}
	if err := t.addPhysicalCounters(&c); err != nil {
		return Counters{}, err
	}
	if t.router != nil {
		err = t.router.addCounters(&c)
	}
	return c, err
}

// addCounters reads those of the router.
func (r *router) addCounters(c *Counters) (err error) {
	for _, index := range r.ifIndexes {
		link, err := r.namespace.counters(index)
		if err != nil {
			return err
		}
		c.Router = append(c.Router, link)
	}
	c.StackRouter, err = r.namespace.readStack()
	return err
}

// endCounters are those that Settle watches.
type endCounters struct{ a, b, attachedA, attachedB LinkCounters }

// endCounters reads those of A and B, and of the devices that a DUT attaches to.
func (t *Testbed) endCounters() (c endCounters, err error) {
	if c.a, err = t.a.Namespace.counters(t.a.IfIndex); err != nil {
		return c, err
	}
	if c.b, err = t.b.Namespace.counters(t.b.IfIndex); err != nil || !t.attached() {
		return c, err
	}
	if c.attachedA, err = t.a.Attach.Namespace.counters(t.a.Attach.IfIndex); err != nil {
		return c, err
	}
	c.attachedB, err = t.b.Attach.Namespace.counters(t.b.Attach.IfIndex)
	return c, err
}

// attached says that a DUT attaches to devices that are not the ends' own, and are there.
func (t *Testbed) attached() bool {
	return t.a.Attach.IfIndex != 0 && t.a.Attach != Attachment{t.a.Namespace, t.a.Device, t.a.IfIndex}
}

// counters reads those of one device.
func (ns *Namespace) counters(index int) (LinkCounters, error) {
	link, err := ns.netlink.LinkByIndex(index)
	if err != nil {
		return LinkCounters{}, fmt.Errorf("read counters of device %d in %s: %w", index, ns.name, err)
	}
	s := link.Attrs().Statistics
	if s == nil {
		return LinkCounters{}, fmt.Errorf("read counters of device %d in %s: none reported", index, ns.name)
	}
	c := LinkCounters{
		RxPackets: s.RxPackets, TxPackets: s.TxPackets,
		RxBytes: s.RxBytes, TxBytes: s.TxBytes,
		RxDropped: s.RxDropped, TxDropped: s.TxDropped,
	}
	root, err := ns.rootQdisc(index)
	c.Qdisc, c.QdiscDrops, c.QdiscPackets, c.QdiscBytes = root.kind, root.drops, root.packets, root.bytes
	return c, err
}

// rootQdisc is what the kernel says of a root qdisc.
type rootQdisc struct {
	kind                  string
	drops, packets, bytes uint64
}

// rootQdisc returns a device's root qdisc, or the zero value without one.
func (ns *Namespace) rootQdisc(index int) (root rootQdisc, err error) {
	qdiscs, err := ns.listQdiscs(index)
	if err != nil {
		return root, fmt.Errorf("read qdiscs of device %d in %s: %w", index, ns.name, err)
	}
	for _, q := range qdiscs {
		attrs := q.Attrs()
		if attrs.Parent != netlink.HANDLE_ROOT {
			continue
		}
		root.kind = q.Type()
		if s := attrs.Statistics; s != nil && s.Queue != nil {
			root.drops = uint64(s.Queue.Drops)
		}
		if s := attrs.Statistics; s != nil && s.Basic != nil {
			root.packets, root.bytes = uint64(s.Basic.Packets), s.Basic.Bytes
		}
		return root, nil
	}
	return root, nil
}

func (ns *Namespace) listQdiscs(index int) ([]netlink.Qdisc, error) {
	return nic.Whole(func() ([]netlink.Qdisc, error) { return ns.netlink.QdiscList(linkOf(index)) })
}
