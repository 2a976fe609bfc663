package results

import (
	"slices"
	"strings"
)

// Place is where packets were seen last, or where they passed, on the way from the intention to the sink.
type Place string

// Places in the order of the path. Those that end in a colon are families: behind it stands an SNMP counter, a reason or an errno name.
const (
	PlaceIntended        Place = "intended"          // the load's own count: where the path begins
	PlaceNotOffered      Place = "not_offered"       // due, but the generator could not send it
	PlaceSenderSocket    Place = "sender_socket"     // refused or dropped by the sender's socket
	PlaceStackDrop       Place = "stack_drop:"       // dropped by the IP stack in front of the device, by SNMP counter
	PlaceSenderLink      Place = "sender_link"       // dropped between the sender's host and the device: on the veth to its bridge, or by its VXLAN device
	PlaceQdisc           Place = "qdisc"             // dropped by the queueing discipline in front of a device
	PlaceDeviceRing      Place = "device_ring"       // the device's queue was full (tx_dropped)
	PlaceIntakeRing      Place = "intake_ring"       // the forwarder's memory for packets taken before the device was full
	PlaceReadByForwarder Place = "read_by_forwarder" // passed here; not an end
	PlaceForwarderDrop   Place = "forwarder_drop:"   // dropped by the forwarder, by reason
	PlaceWriteError      Place = "write_error:"      // the write into the far device failed, by errno name
	PlaceLinkHanded      Place = "link_handed"       // left the tunnel's end for the physical link, in packets of the link; passed here, not an end
	PlaceLinkQdisc       Place = "link_qdisc"        // dropped by the queueing discipline of the physical link: its rate was exceeded
	PlaceLink            Place = "link"              // dropped by the physical link itself: the host behind it had no room
	PlaceLinkReceived    Place = "link_received"     // arrived at the other host, in packets of the link; passed here, not an end
	PlaceTunnelSocket    Place = "tunnel_socket"     // the receive buffer of the tunnel's far end overflowed
	PlaceProgram         Place = "program"           // went into a program of others or a tunnel, which does not count, and never came out
	PlaceReceivingDevice Place = "receiving_device"  // dropped on reception (rx_dropped)
	PlaceReceiverLink    Place = "receiver_link"     // dropped between the device and the receiver's host, the same way back
	PlaceReceiverStack   Place = "receiver_stack:"   // dropped by the IP stack behind the device, by SNMP counter
	PlaceReceiverSocket  Place = "receiver_socket"   // the receive buffer of a sink that is a socket overflowed (SO_RXQ_OVFL)
	PlaceCorrupt         Place = "corrupt"           // arrived, but not as it was sent
	PlaceInFlight        Place = "in_flight"         // still on its way: no counter had it when the time to wait for it was over, and there was work left to do
	PlaceSink            Place = "sink"              // arrived, each packet counted once
	PlaceDuplicated      Place = "duplicated"        // copies beyond the first; not an end
	PlaceEarlier         Place = "earlier_load"      // arrived, but was sent by the load before, such as the warm-up; not an end
	PlaceForeign         Place = "foreign"           // arrived, but the load did not send it; not an end
	PlaceUnaccounted     Place = "unaccounted"       // what is left over; below zero: counted at two places
)

// places gives the order of the path.
var places = [...]Place{
	PlaceIntended, PlaceNotOffered, PlaceSenderSocket, PlaceStackDrop, PlaceSenderLink, PlaceQdisc, PlaceDeviceRing, PlaceIntakeRing, PlaceReadByForwarder,
	PlaceForwarderDrop, PlaceWriteError, PlaceLinkHanded, PlaceLinkQdisc, PlaceLink, PlaceLinkReceived, PlaceTunnelSocket, PlaceProgram,
	PlaceReceivingDevice, PlaceReceiverLink, PlaceReceiverStack, PlaceReceiverSocket, PlaceCorrupt, PlaceInFlight,
	PlaceSink, PlaceDuplicated, PlaceEarlier, PlaceForeign, PlaceUnaccounted,
}

// ForwarderDrop is the place of packets that the forwarder dropped for a reason.
func ForwarderDrop(reason string) Place { return PlaceForwarderDrop + Place(reason) }

// WriteError is the place of packets whose write failed with an errno, given by its name ("EINVAL").
func WriteError(errno string) Place { return PlaceWriteError + Place(errno) }

// StackDrop is the place of packets that an IP stack dropped before they reached the device, by SNMP counter ("Ip.InDiscards").
func StackDrop(counter string) Place { return PlaceStackDrop + Place(counter) }

// ReceiverStack is the place of packets that the receiver's IP stack dropped, by SNMP counter ("Ip.InDiscards").
func ReceiverStack(counter string) Place { return PlaceReceiverStack + Place(counter) }

// isLoss says whether packets that were intended are known to be lost at a place.
func (p Place) isLoss() bool {
	switch p {
	case PlaceIntended, PlaceReadByForwarder, PlaceLinkHanded, PlaceLinkReceived, PlaceSink, PlaceDuplicated, PlaceEarlier, PlaceForeign, PlaceUnaccounted:
		return false
	}
	return true
}

// rank is the position of a place on the path; unknown places come last.
func (p Place) rank() int {
	i := slices.IndexFunc(places[:], func(known Place) bool {
		return p == known || strings.HasSuffix(string(known), ":") && strings.HasPrefix(string(p), string(known))
	})
	if i < 0 {
		return len(places)
	}
	return i
}

// Loses says whether packets that were intended are known to be lost at a place.
func (p Place) Loses() bool { return p.isLoss() }

// InOrder is places in the order of the path, those that are not known last.
func InOrder(places []Place) []Place {
	sorted := slices.Clone(places)
	slices.SortStableFunc(sorted, func(a, b Place) int { return a.rank() - b.rank() })
	return sorted
}

// LedgerEntry is how many packets (segments) were seen at one place.
type LedgerEntry struct {
	Place   Place `json:"place"`
	Packets int64 `json:"packets"`
}

// Ledger accounts for every packet of a trial: those intended end at a place of loss, at the sink, or are unaccounted.
type Ledger []LedgerEntry

// Packets is the count at a place, 0 if the ledger does not name it.
func (l Ledger) Packets(p Place) int64 {
	for _, e := range l {
		if e.Place == p {
			return e.Packets
		}
	}
	return 0
}

// Add counts n more packets at a place. It keeps a place that was added with 0: looked at, and nothing there.
func (l *Ledger) Add(p Place, n int64) {
	for i := range *l {
		if (*l)[i].Place == p {
			(*l)[i].Packets += n
			return
		}
	}
	*l = append(*l, LedgerEntry{p, n})
}

// Balance is what remains of the packets intended after all losses and the sink: 0 in a ledger that balances. An entry for unaccounted
// packets does not count. A ledger without an entry for those intended (TCP) has nothing to balance: 0.
func (l Ledger) Balance() int64 {
	if !slices.ContainsFunc(l, func(e LedgerEntry) bool { return e.Place == PlaceIntended }) {
		return 0
	}
	var left int64
	for _, e := range l {
		switch {
		case e.Place == PlaceIntended:
			left += e.Packets
		case e.Place == PlaceSink || e.Place.isLoss():
			left -= e.Packets
		}
	}
	return left
}

// Balanced is the ledger in the order of the path with its balance as the entry for unaccounted packets. The receiver is not changed.
func (l Ledger) Balanced() Ledger {
	out := slices.DeleteFunc(slices.Clone(l), func(e LedgerEntry) bool { return e.Place == PlaceUnaccounted })
	out.Add(PlaceUnaccounted, l.Balance())
	slices.SortStableFunc(out, func(a, b LedgerEntry) int { return a.Place.rank() - b.Place.rank() })
	return out
}

// Sum adds ledgers place by place, such as those of two directions, in the order of the path.
func Sum(ledgers ...Ledger) Ledger {
	var out Ledger
	for _, l := range ledgers {
		for _, e := range l {
			out.Add(e.Place, e.Packets)
		}
	}
	slices.SortStableFunc(out, func(a, b LedgerEntry) int { return a.Place.rank() - b.Place.rank() })
	return out
}

// LargestLoss is the place that lost most of what was intended; ok is false if nothing was lost. What is unaccounted for is lost too, nobody
// knows where. Of equals the first on the path wins.
func (l Ledger) LargestLoss() (largest LedgerEntry, ok bool) {
	for _, e := range l {
		if (e.Place.isLoss() || e.Place == PlaceUnaccounted) && e.Packets > largest.Packets {
			largest, ok = e, true
		}
	}
	return largest, ok
}
