package measure

import (
	"maps"
	"slices"
	"strings"

	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// stacks is what the IP stacks lost that a direction passes through.
type stacks struct {
	source, router, target testbed.Stack

	// passed says that the load comes through the source's stack from outside, and
	// delivered that it goes up the target's into a socket. A load that does neither
	// meets no stack there: what the sender's own socket loses it is told, and the
	// other sinks take packets off the device.
	passed, delivered bool
	// overflow is how many packets the sink's own socket had no room for, where that is
	// known: the kernel's counters are of all sockets. nil: nobody else has one.
	overflow *uint64
	// shared says that the target also sends through its stack.
	shared bool
}

// isReception tells counters of what is delivered to sockets.
func isReception(counter string) bool { return strings.HasPrefix(counter, "Udp") }

// before adds what was lost on the way to the last device; a superpacket, of so many
// segments, is counted once by the kernel.
func (s *stacks) before(l *results.Ledger, segments int) {
	add := func(stack testbed.Stack) {
		for _, counter := range slices.Sorted(maps.Keys(stack)) {
			if !isReception(counter) {
				l.Add(results.StackDrop(counter), int64(stack[counter])*int64(segments))
			}
		}
	}
	if s.passed {
		add(s.source)
	}
	add(s.router)
}

// after adds what was lost between the last device and the socket. Of a stack that is
// shared, the counters below UDP are booked as lost on the way out.
func (s *stacks) after(l *results.Ledger) {
	if !s.delivered {
		return
	}
	var overflow uint64
	if s.overflow != nil {
		overflow = *s.overflow
	}
	for _, counter := range slices.Sorted(maps.Keys(s.target)) {
		n := s.target[counter]
		switch {
		case isOverflow(counter):
			if s.overflow == nil {
				overflow += n
			}
		case isReception(counter) || !s.shared:
			l.Add(results.ReceiverStack(counter), int64(n))
		}
	}
	l.Add(results.PlaceReceiverSocket, int64(overflow))
}

// isOverflow tells the counters of a socket that could hold no more. The socket's own
// count would do, were it clear whether wrong checksums are in it: that depends on
// whether the kernel looks before or after it queues a packet.
func isOverflow(counter string) bool {
	return strings.HasSuffix(counter, ".RcvbufErrors") || strings.HasSuffix(counter, ".MemErrors")
}
