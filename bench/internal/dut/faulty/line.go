package faulty

import "time"

// swapPatience is how long a packet waits for the one it is to change places with.
const swapPatience = 10 * time.Millisecond

// line is the way from A to B: packets enter as they are read, and leave as they are
// to be written. Times count from any one moment and never go back.
type line struct {
	faults   Faults
	ethernet bool          // packets begin with an Ethernet header
	armed    bool          // otherwise no packet counts for faults
	patience time.Duration // swapPatience, but in tests

	counts       Counts
	skipped      int
	lanes        [3]lane // see laneOf
	swap         swap
	stalledUntil time.Duration
	latest       uint64 // the highest number that has left
}

// swap is the packet that waits for its successor.
type swap struct {
	waits   bool
	since   time.Duration
	packet  []byte
	verdict verdict
}

// enter takes a copy of a packet that was read now, which it may change.
func (l *line) enter(now time.Duration, packet []byte) {
	if !l.matches(packet) {
		l.lanes[0].push(now, packet)
		return
	}
	l.counts.Read++
	v := l.faults.judge(l.counts.Read)
	v.number = l.counts.Read
	if v.stall > 0 {
		l.stalledUntil = now + v.stall
	}
	if v.drop {
		l.counts.Dropped++
		return
	}
	if v.flip {
		l.flip(packet)
	}
	switch {
	case l.swap.waits:
		l.push(now, packet, v)
		l.counts.Swapped++
		l.endSwap(now)
	case v.swap:
		l.swap = swap{true, now, append(l.swap.packet[:0], packet...), v}
	default:
		l.push(now, packet, v)
	}
}

// leave returns the next packet that is due, valid until the next call of enter or
// leave; ok is false if there is none.
func (l *line) leave(now time.Duration) (packet []byte, ok bool) {
	if l.stalled(now) {
		return nil, false
	}
	if l.swap.waits && now-l.swap.since >= l.patience {
		l.endSwap(now)
	}
	var next *lane
	earliest := now
	for i := range l.lanes {
		if due, ok := l.lanes[i].due(); ok && (due < earliest || due == earliest && next == nil) {
			next, earliest = &l.lanes[i], due
		}
	}
	if next == nil {
		return nil, false
	}
	l.count(next.number())
	return next.pop(), true
}

// count takes note of the number of a packet that leaves.
func (l *line) count(number uint64) {
	switch {
	case number > l.latest:
		l.latest = number
	case number > 0:
		l.counts.Overtaken++
	}
}

// stalled says whether the way is stopped.
func (l *line) stalled(now time.Duration) bool { return now < l.stalledUntil }

// idle says that no packet waits.
func (l *line) idle(now time.Duration) bool {
	return !l.stalled(now) && !l.swap.waits && l.lanes[0].empty() && l.lanes[1].empty() && l.lanes[2].empty()
}

// matches says whether the packet counts for faults.
func (l *line) matches(packet []byte) bool {
	if !l.armed {
		return false
	}
	if want := l.faults.MatchPort; want != 0 {
		if port, _, ok := udpPayload(packet, l.ethernet); !ok || port != want {
			return false
		}
	}
	if l.skipped < l.faults.Skip {
		l.skipped++
		return false
	}
	return true
}

// push lets a packet leave when its verdict says, as often as it says.
func (l *line) push(now time.Duration, packet []byte, v verdict) {
	if v.delay > 0 {
		l.counts.Delayed++
	}
	to := l.laneOf(v.delay)
	to.pushNumbered(now+v.delay, v.number, packet)
	if v.duplicate {
		l.counts.Duplicated++
		to.push(now+v.delay, packet)
	}
}

// laneOf returns the lane for a delay: there are none, all's, and the longer one.
func (l *line) laneOf(delay time.Duration) *lane {
	switch delay {
	case 0:
		return &l.lanes[0]
	case l.faults.Delay:
		return &l.lanes[1]
	}
	return &l.lanes[2]
}

// endSwap lets the packet that waits for its successor go on as if read now.
func (l *line) endSwap(now time.Duration) {
	l.swap.waits = false
	l.push(now, l.swap.packet, l.swap.verdict)
}

// flip inverts one byte, if the packet has it.
func (l *line) flip(packet []byte) {
	at := l.faults.FlipAt + len(packet)
	if l.faults.FlipAt >= 0 {
		_, payload, ok := udpPayload(packet, l.ethernet)
		if !ok {
			return
		}
		at = payload + l.faults.FlipAt
	}
	if at < 0 || at >= len(packet) {
		return
	}
	packet[at] ^= 0xff
	l.counts.Flipped++
}
