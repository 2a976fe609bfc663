package measure

import (
	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// hostLinks is what was counted between the hosts and the device under test, on the way of
// one direction.
type hostLinks struct {
	kind    linkKind
	in, out testbed.LinkCounters // of the sender's host and of the receiver's
}

// linkKind is how hosts reach the device under test.
type linkKind int

const (
	noLinks linkKind = iota // its devices are the hosts' own
	bridged                 // by a veth to a bridge; in is the sender's veth, out the bridge's to the receiver
	overlay                 // by VXLAN; in and out are the hosts' VXLAN devices
)

// before adds what was lost on the way to the source device.
func (h hostLinks) before(l *results.Ledger, p *path) {
	if h.kind != bridged {
		return
	}
	drops := h.in.TxDropped
	if p.redirected {
		drops = p.sent.RingDropped
	}
	l.Add(results.PlaceSenderLink, int64(drops+h.in.QdiscDrops)*int64(p.sentSegments))
}

// after adds what was lost behind the target device.
func (h hostLinks) after(l *results.Ledger, p *path) {
	switch h.kind {
	case bridged:
		l.Add(results.PlaceReceiverLink, int64(h.out.TxDropped)*int64(p.deviceSegments))
	case overlay:
		l.Add(results.PlaceReceiverLink, int64(h.out.RxDropped)*int64(p.deviceSegments))
	}
}

// told adds what a VXLAN device at the sender lost, when all other losses are in the ledger:
// it counts as dropped also what the qdisc or the ring below it dropped and counted, where it
// is told (iptunnel_xmit_stats in include/net/ip_tunnels.h), so lost in it is at most what is
// missing.
func (h hostLinks) told(l *results.Ledger, p *path) {
	if h.kind == overlay {
		l.Add(results.PlaceSenderLink, min(int64(h.in.TxDropped)*int64(p.sentSegments), max(l.Balance(), 0)))
	}
}
