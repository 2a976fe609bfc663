package measure

import (
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/forwarder"
	"tunbench/results"
)

// path is everything that was counted on the way of one direction, between two
// readings.
type path struct {
	sent      load.Sent
	source    testbed.LinkCounters // the device that the load goes into
	router    testbed.LinkCounters // the router's device towards the target; zero without one
	target    testbed.LinkCounters // the device that it comes out of
	links     hostLinks
	forwarder *forwarder.DirectionStats // nil: the DUT cannot count
	stacks    stacks
	sink      sink.FlowCounts
	caught    uint64   // packets that a sink in the device's driver took and dropped
	corrupt   uint64   // arrived damaged
	foreign   uint64   // arrived, but were never sent
	earlier   uint64   // arrived, but were sent by an earlier load
	held      bool     // what is missing was still on its way
	passage   *passage // between the ends of a tunnel; nil without one
	program   bool     // of others, or a tunnel, which does not count: what it was handed and never came out is lost in it

	// redirected says that the generator puts its frames into the first device itself
	// and counts what finds the ring full, exactly, where the device may not.
	redirected bool

	// How many segments one packet of the sender, and one on the source device,
	// stands for: they differ where the stack splits a superpacket in between.
	sentSegments, deviceSegments int
}

// intended returns how many packets were to be sent: at maximum load those that
// were.
func (p *path) intended() uint64 { return max(p.sent.Intended, p.sent.Offered) }

// ledger accounts for every packet intended. Each loss is read from the one
// counter that belongs to it alone; what they leave over is unaccounted.
func (p *path) ledger() results.Ledger {
	l := p.beforeForwarder()
	p.behindReading(&l)
	// What arrives damaged does not say who sent it: as many as are missing were ours.
	damaged := min(int64(p.corrupt), max(l.Balance(), 0))
	l.Add(results.PlaceCorrupt, damaged)
	if left := l.Balance(); p.held && left > 0 {
		l.Add(results.PlaceInFlight, left)
	} else if p.program && left > 0 {
		l.Add(results.PlaceProgram, left)
	}
	l.Add(results.PlaceDuplicated, int64(p.sink.Duplicates))
	if p.earlier > 0 {
		l.Add(results.PlaceEarlier, int64(p.earlier))
	}
	if foreign := int64(p.foreign+p.corrupt) - damaged; foreign > 0 {
		l.Add(results.PlaceForeign, foreign)
	}
	return l.Balanced()
}

// outstanding is what of the load the counters do not explain yet.
func (p *path) outstanding() (o outstanding) {
	l := p.beforeForwarder()
	if p.forwarder != nil {
		o.unread = l.Balance() - int64(p.forwarder.ReadSegments)
	}
	p.behindReading(&l)
	o.packets, o.damaged = l.Balance(), int64(p.corrupt)
	return o
}

// beforeForwarder has what was intended and what became of it before the device under
// test.
func (p *path) beforeForwarder() (l results.Ledger) {
	l.Add(results.PlaceIntended, int64(p.intended()))
	l.Add(results.PlaceNotOffered, int64(p.sent.NotOffered-p.sent.Refused))
	l.Add(results.PlaceSenderSocket, int64(p.sent.Refused))
	p.stacks.before(&l, p.deviceSegments)
	p.links.before(&l, p)
	l.Add(results.PlaceQdisc, int64(p.source.QdiscDrops)*int64(p.sentSegments))
	if !p.bypasses() {
		l.Add(results.PlaceDeviceRing, p.deviceDrops())
	}
	if f := p.forwarder; f != nil {
		l.Add(results.PlaceIntakeRing, int64(f.IntakeDrops))
	}
	return l
}

// behindReading adds what became of packets that the device under test read, or nobody.
func (p *path) behindReading(l *results.Ledger) {
	if f := p.forwarder; f != nil {
		l.Add(results.PlaceReadByForwarder, int64(f.ReadSegments))
		for reason, n := range f.Drops {
			l.Add(results.ForwarderDrop(reason), int64(n))
		}
		for errno, n := range f.WriteErrors {
			l.Add(results.WriteError(errno), int64(n))
		}
	}
	if p.passage == nil {
		l.Add(results.PlaceReceivingDevice, p.receiveDrops())
		p.links.after(l, p)
		p.stacks.after(l)
	}
	l.Add(results.PlaceSink, int64(p.sink.Unique+p.sink.TooOld))
	p.links.told(l, p)
	if p.passage != nil {
		// Some of these counters are in other units than packets of the load: what is exact goes first.
		l.Add(results.PlaceReceivingDevice, p.receiveDrops())
		p.stacks.after(l)
		p.passage.addTo(l)
	}
	if p.bypasses() {
		// It may take packets before the device, which then drops what nobody reads: lost is at most what is missing.
		l.Add(results.PlaceDeviceRing, min(p.deviceDrops(), max(l.Balance(), 0)))
	}
}

// bypasses says that the device under test may take packets before the device that they are sent to.
func (p *path) bypasses() bool { return p.program && p.passage == nil }

// deviceDrops is what the devices that transmit dropped because what takes their
// packets could hold no more: the ring of a TUN or TAP device, or the backlog of
// the CPU that receives from a veth.
func (p *path) deviceDrops() int64 {
	drops := p.source.TxDropped
	switch {
	case p.links.kind == bridged: // neither the generator nor the bridge towards the target is at this device
	case p.redirected:
		drops = p.sent.RingDropped + p.router.TxDropped
	default:
		drops += p.router.TxDropped
	}
	if p.passage != nil && p.passage.kernel {
		// The kernel's tunnels count there as well what the link's qdisc drops (iptunnel_xmit in net/ipv4/ip_tunnel_core.c).
		drops -= min(drops, p.passage.link.QdiscDrops)
	}
	return int64(drops) * int64(p.deviceSegments)
}

// receiveDrops is what a TUN or TAP device dropped that was written to it. A veth
// has no such place: its backlog drops are in the transmitting device's counter as
// well (veth_xmit and enqueue_to_backlog count the same packet).
func (p *path) receiveDrops() int64 {
	if p.forwarder == nil && !p.program {
		return 0
	}
	drops := int64(p.target.RxDropped) * int64(p.deviceSegments)
	if p.forwarder != nil {
		for _, errno := range refusals {
			drops -= int64(p.forwarder.WriteErrors[errno])
		}
	}
	// A TAP device counts what a program in its driver drops as dropped on reception.
	drops -= int64(p.caught)
	return max(drops, 0)
}

// refusals are the write errors that the device counts as rx_dropped too (label
// drop in tun_get_user, drivers/net/tun.c); a bad vnet header, EINVAL, is not.
var refusals = []string{"EIO", "EFAULT", "ENOMEM"}

// lossRatio is the share of the intended load that did not arrive; nil where no packet was due: nothing
// can be said of it then, neither that all arrived nor that none did.
func (p *path) lossRatio() *float64 {
	intended := p.intended()
	if intended == 0 {
		return nil
	}
	arrived := min(p.sink.Unique+p.sink.TooOld, intended)
	return new(float64(intended-arrived) / float64(intended))
}
