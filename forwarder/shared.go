package forwarder

import (
	"errors"
	"time"

	"tunbench/forwarder/intake"
)

const (
	// runLen is from how many packets of one batch on they come in runs.
	runLen = 16

	// patience is how long it is waited for packets that passed into a device before its ring
	// was opened, while the device has none.
	patience = 200 * time.Microsecond

	// youngFor is how long after its opening, at most, a ring only gives what was sent before
	// the device was seen empty: by then all that passed into the device before has arrived.
	youngFor = 10 * time.Millisecond

	// While a ring is open and no longer young, its device is looked at after lookGap at the
	// soonest: only what the ring is not offered comes through it. Every lookTurns turns it is
	// seen whether it is time.
	lookGap   = 50 * time.Microsecond
	lookTurns = 16

	// barredFor is how long rings stay closed that were of no use.
	barredFor = time.Second

	// copyLimit is up to how many bytes a packet is copied out of its ring: behind the
	// copy is room for those that it is coalesced with.
	copyLimit = 320
)

// sharing is a worker's use of the rings that its packets may come through (package
// intake), one for each direction. It opens both while packets come in runs and closes
// them before it sleeps.
type sharing struct {
	use     bool // there are rings
	open    bool // they may hold packets
	closing bool // they take no more
	young   bool // the devices may still get what was sent before
	patient bool // and are waited for
	turns   int
	since   time.Time // when they were opened
	looked  time.Time // when the devices were looked at
	barred  time.Time // until when they stay closed
}

// look decides, while the rings are open, how many packets to ask the devices for: at first
// those that passed before the rings were opened, then a few sometimes.
func (s *sharing) look(ways []*direction) {
	for _, d := range ways {
		if passed := d.shared.Passed(); d.shared.IsOpen() {
			d.passed = passed
		} else if !s.closing {
			s.bar(ways) // a packet did not fit
		}
	}
	look := false
	if s.turns++; s.young || s.turns%lookTurns == 0 {
		now := time.Now()
		s.young = s.young && !s.settled(ways, now)
		s.patient = s.young && now.Sub(s.since) < patience
		if look = now.Sub(s.looked) >= lookGap; look {
			s.looked = now
		}
	}
	for _, d := range ways {
		d.mark = d.shared.Mark()
		want := 0
		switch old := d.old(); {
		case s.young && old > 0:
			want = min(d.pace.want, old)
		case s.closing: // what is there now was sent after what the rings hold
		case s.young, !d.pace.idle:
			want = d.pace.want
		case look:
			want = 1
		}
		d.want = d.pace.ask(want)
	}
}

// settled reports whether all has arrived that passed into the devices before the rings were
// opened: as much was read as had passed. Where packets were lost in between, or came by
// another way, time has to tell.
func (s *sharing) settled(ways []*direction, now time.Time) bool {
	late := now.Sub(s.since) >= youngFor
	for _, d := range ways {
		if late && d.pace.idle {
			d.unsure = false
			d.lost += uint64(d.old())
		}
		if d.unsure || d.old() != 0 {
			return false
		}
	}
	return true
}

// old returns how many packets passed into the device before the ring was opened that have
// not been read yet; below 0 if more were read than passed; 0 where nobody can tell.
func (d *direction) old() int {
	if d.unsure {
		return 0
	}
	read := d.counters.readPackets - d.counters.takenPackets
	return int(int64(d.passed - d.lost - read))
}

// moved takes in what a round brought. It opens the rings where packets come in runs or as
// superpackets, or busy says that the worker spins rather than to sleep.
func (s *sharing) moved(ways []*direction, busy bool) {
	if !s.use {
		return
	}
	if s.open {
		s.judge(ways)
		return
	}
	for _, d := range ways {
		busy = busy || d.read >= runLen || d.pace.roof == superLimit
	}
	if !busy {
		return
	}
	now := time.Now()
	if now.Before(s.barred) {
		return
	}
	s.open, s.young, s.since, s.looked = true, true, now, now
	for _, d := range ways {
		d.shared.Open()
	}
}

// judge ends the use of rings that are closed and empty, and of those that packets do not
// come through.
func (s *sharing) judge(ways []*direction) {
	if s.closing {
		s.end(ways)
		return
	}
	for _, d := range ways {
		if d.read >= runLen && d.old() <= -d.read {
			s.bar(ways)
			return
		}
	}
}

// bar closes the rings for some time.
func (s *sharing) bar(ways []*direction) {
	s.barred = time.Now().Add(barredFor)
	s.close(ways)
}

// close has no more packets come through the rings. What has not arrived in a device that was
// seen empty is lost, or very late.
func (s *sharing) close(ways []*direction) {
	for _, d := range ways {
		d.unsure = d.unsure || d.pace.idle && d.old() != 0
		d.shared.Close()
	}
	s.closing = true
}

// end closes the rings when nothing has come for a while. It reports whether they are out of
// use, closed and empty; until then there have to be more rounds.
func (s *sharing) end(ways []*direction) bool {
	if !s.open {
		return true
	}
	if !s.closing {
		s.close(ways)
	}
	for _, d := range ways {
		if !d.shared.Empty() {
			return false
		}
	}
	s.open, s.closing = false, false
	return true
}

// share gives the direction a ring.
func (d *direction) share(s *sharing, ring *intake.Ring) {
	d.sharing, d.shared = s, ring
	// Each packet of a batch takes a page of memory, and with a ring longer ones gain nothing.
	d.pace.limit = min(d.pace.limit, usualBatch)
	d.lost = ring.Passed() // read by others, or not at all
	d.passed = d.lost
}

// takes says whether the ring may hold packets.
func (d *direction) takes() bool { return d.sharing != nil && d.sharing.open }

// take adds packets of the ring to those that the device gave.
func (d *direction) take() error {
	d.shared.Release()
	old := d.old() - d.read
	more := d.read > 0 && d.read == d.pace.asked && (d.unsure || old > 0)
	switch {
	case d.sharing.young && (more || d.sharing.patient && old > 0):
		// The device has more of what was sent before, or will have it.
	case !d.sharing.young && d.read > 0 && !d.shared.IsOpen():
		return d.takeFirst()
	default:
		d.takeUpTo(d.mark)
	}
	return nil
}

// takeUpTo adds packets before mark, as many as there is room for.
func (d *direction) takeUpTo(mark uint32) {
	for k := d.pace.asked; k < d.pace.roof; k++ {
		frame := d.shared.Take(mark)
		if frame == nil {
			return
		}
		d.counters.takenPackets++
		if len(frame) <= copyLimit {
			d.held.addCopy(k, frame)
		} else {
			d.held.addShared(frame)
		}
	}
}

// takeFirst writes all that the ring holds. It was closed by a packet that did not fit,
// which may be among those that the device gave.
func (d *direction) takeFirst() error {
	for mark := d.shared.Mark(); !d.shared.Taken(mark); d.shared.Release() {
		d.takeUpTo(mark)
		_, _, err := d.forward(d.held.list[d.read:])
		if err = errors.Join(err, writeAll(d)); err != nil {
			return err
		}
		d.held.list = d.held.list[:d.read]
	}
	return nil
}
