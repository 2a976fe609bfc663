package socket

import "tunbench/bench/internal/traffic/load"

// maxWindow is how many packets are sorted by flow at a time at most.
const maxWindow = 1 << 16

// window is the packets that are due now, in one list for each flow, so that all
// of a flow can be sent by one system call.
type window struct {
	packets []windowPacket
	lists   []windowList // by flow
	flows   []uint16     // those that have packets, in the order of their first
}

// windowPacket is a packet of the schedule.
type windowPacket struct {
	number int64 // in the schedule
	share  uint8 // index of its size
	next   int32 // in packets, of the same flow
}

type windowList struct {
	first, last int32 // in window.packets
	n           int
}

func newWindow(flows, size int) *window {
	return &window{
		packets: make([]windowPacket, 0, size),
		lists:   make([]windowList, flows),
		flows:   make([]uint16, 0, flows),
	}
}

func (w *window) cap() int { return cap(w.packets) }

// take fills the window with packets from to to-1 of the schedule, the next of the
// plan. They must not be more than it holds.
func (w *window) take(walk *load.Walk, from, to int64) {
	for _, flow := range w.flows {
		w.lists[flow] = windowList{}
	}
	w.packets, w.flows = w.packets[:0], w.flows[:0]
	for k := from; k < to; k++ {
		flow, share := walk.Next()
		i := int32(len(w.packets))
		w.packets = append(w.packets, windowPacket{number: k, share: share})
		list := &w.lists[flow]
		if list.n == 0 {
			w.flows = append(w.flows, flow)
			list.first = i
		} else {
			w.packets[list.last].next = i
		}
		list.last = i
		list.n++
	}
}
