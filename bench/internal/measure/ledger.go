package measure

import (
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/forwarder"
	"tunbench/results"
)

// path is everything that was counted on the way of one direction, between two
// readings.
type path struct {
	sent      traffic.Sent
	source    testbed.LinkCounters      // the device that the load goes into
	router    testbed.LinkCounters      // the router's device towards the target; zero without one
	target    testbed.LinkCounters      // the device that it comes out of
	forwarder *forwarder.DirectionStats // nil: the DUT cannot count
	sink      traffic.FlowCounts
	corrupt   uint64 // arrived, but not as it was sent

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
	var l results.Ledger
	l.Add(results.PlaceIntended, int64(p.intended()))
	l.Add(results.PlaceNotOffered, int64(p.sent.NotOffered-p.sent.Refused))
	l.Add(results.PlaceSenderSocket, int64(p.sent.Refused))
	l.Add(results.PlaceQdisc, int64(p.source.QdiscDrops)*int64(p.sentSegments))
	l.Add(results.PlaceDeviceRing, p.deviceDrops())
	if f := p.forwarder; f != nil {
		l.Add(results.PlaceReadByForwarder, int64(f.ReadSegments))
		for reason, n := range f.Drops {
			l.Add(results.ForwarderDrop(reason), int64(n))
		}
		for errno, n := range f.WriteErrors {
			l.Add(results.WriteError(errno), int64(n))
		}
	}
	l.Add(results.PlaceReceivingDevice, p.receiveDrops())
	l.Add(results.PlaceCorrupt, int64(p.corrupt))
	l.Add(results.PlaceSink, int64(p.sink.Unique+p.sink.TooOld))
	l.Add(results.PlaceDuplicated, int64(p.sink.Duplicates))
	return l.Balanced()
}

// deviceDrops is what the devices that transmit dropped because what takes their
// packets could hold no more: the ring of a TUN or TAP device, or the backlog of
// the CPU that receives from a veth.
func (p *path) deviceDrops() int64 {
	return int64(p.source.TxDropped+p.router.TxDropped) * int64(p.deviceSegments)
}

// receiveDrops is what a TUN or TAP device dropped that was written to it. A veth
// has no such place: its backlog drops are in the transmitting device's counter as
// well (veth_xmit and enqueue_to_backlog count the same packet).
func (p *path) receiveDrops() int64 {
	if p.forwarder == nil {
		return 0
	}
	drops := int64(p.target.RxDropped) * int64(p.deviceSegments)
	for _, errno := range refusals {
		drops -= int64(p.forwarder.WriteErrors[errno])
	}
	return max(drops, 0)
}

// refusals are the write errors that the device counts as rx_dropped too (label
// drop in tun_get_user, drivers/net/tun.c); a bad vnet header, EINVAL, is not.
var refusals = []string{"EIO", "EFAULT", "ENOMEM"}

// lossRatio is the share of the intended load that did not arrive.
func (p *path) lossRatio() float64 {
	intended := p.intended()
	if intended == 0 {
		return 0
	}
	arrived := min(p.sink.Unique+p.sink.TooOld, intended)
	return float64(intended-arrived) / float64(intended)
}
