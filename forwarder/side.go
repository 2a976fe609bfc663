package forwarder

import (
	"errors"
	"time"

	"tunbench/forwarder/intake"
)

const (
	// patience is how long it is waited for packets that passed into a device before its ring
	// was opened, while the device has none.
	patience = 200 * time.Microsecond

	// lateAfter is after how long they are given up: lost in the device.
	lateAfter = 10 * time.Millisecond

	// copyLimit is up to how many bytes a packet is copied out of its ring: behind the
	// copy is room for those that it is coalesced with.
	copyLimit = 320
)

// side is a device as a worker sees it: its queues of the device, and the ring that their
// packets come through while it is open. What passed into the device before is read before
// the ring is taken from.
type side struct {
	ring   *intake.Ring
	ways   []*direction // by queue: that of queue i is ways[i/step]
	step   int          // workers
	passed uint64       // packets that went on into the device while the ring was not open
	read   uint64       // packets that the device gave
	lost   uint64       // packets that passed and never came, less those that came without
	unsure bool         // how many those are
	mark   uint32       // the ring's place before the last exchange

	young   bool      // the device may still have packets that passed
	patient bool      // and is waited for
	missed  bool      // some were not there when it was looked for them
	since   time.Time // when that was
	stray   int       // packets of the last exchange that had not passed
}

func newSide(ring *intake.Ring, step int) *side {
	return &side{ring: ring, step: step, lost: ring.Passed()} // others may have read it
}

// begin is called before the ring opens: it may hold packets that follow others in the device.
func (s *side) begin() {
	s.young = true
	s.quiet()
}

// quiet leaves the device alone until the poller finds packets there.
func (s *side) quiet() {
	for _, d := range s.ways {
		d.pace.short = true
	}
}

// old returns how many packets that passed into the device have not been read yet; below 0 if
// more were read than passed; 0 where nobody can tell.
func (s *side) old() int {
	if s.unsure {
		return 0
	}
	return int(int64(s.passed - s.lost - s.read))
}

// look takes in what has passed, and judges what has not come. It reports whether the ring
// is still open.
func (s *side) look() bool {
	mark, passed := s.ring.Mark(), s.ring.Passed()
	open := s.ring.IsOpen()
	if open {
		s.mark, s.passed = mark, passed
	} else {
		s.mark = s.ring.Mark() // no more will come
	}
	if old := s.old(); old < 0 {
		s.lost += uint64(old)
	}
	switch {
	case !s.young:
	case !s.unsure && s.old() == 0:
		s.young, s.patient, s.missed = false, false, false
		s.quiet()
	case s.missed || s.empty():
		s.miss()
	default:
		s.patient = true
	}
	return open
}

// miss gives packets up that are too late. Where some were lost, or came by another way, only
// time can tell.
func (s *side) miss() {
	now := time.Now()
	if !s.missed {
		s.missed, s.since = true, now
	}
	late := now.Sub(s.since)
	s.patient = late < patience
	if late >= lateAfter && s.empty() {
		s.unsure = false
		s.lost += uint64(s.old())
	}
}

// empty reports whether the device had nothing left when it was last looked at.
func (s *side) empty() bool {
	for _, d := range s.ways {
		if d.pace.ready || !d.pace.short {
			return false
		}
	}
	return true
}

// waits tells whether packets are due and only the poller knows in which queue.
func (s *side) waits() bool {
	return s.young && (s.unsure || len(s.ways) > 1 && s.old() > 0) && s.empty()
}

// ask decides how many packets each queue is asked for.
func (s *side) ask(closing bool) {
	for _, d := range s.ways {
		switch old := s.old(); {
		case s.young && old > 0 && (len(s.ways) == 1 || !d.pace.short || d.pace.ready):
			d.want = d.pace.ask(min(d.pace.want, old))
		case closing: // what is there now was sent after what the ring holds
			d.want = d.pace.ask(0)
		default:
			d.want = d.pace.next()
		}
	}
}

// take adds packets of the ring to those that the device gave.
func (s *side) take() error {
	s.ring.Release()
	read, more := 0, false
	for _, d := range s.ways {
		read += d.read
		more = more || d.read > 0 && d.read == d.pace.asked
	}
	s.read += uint64(read)
	old := s.old()
	s.stray = min(read, max(-old, 0))
	switch {
	case s.young && (old > 0 && s.patient || more && (s.unsure || old > 0)):
		// The device has more of what was sent before, or will have it.
	case !s.young && read > 0 && !s.ring.IsOpen():
		return s.takeFirst()
	default:
		s.takeUpTo(s.mark)
	}
	return nil
}

// takeUpTo adds packets before mark, as many as there is room for.
func (s *side) takeUpTo(mark uint32) {
	for _, d := range s.ways {
		if d.isFull() {
			return
		}
	}
	for {
		frame, queue := s.ring.Take(mark)
		if frame == nil {
			return
		}
		if d := s.ways[queue/s.step]; !d.add(frame) {
			return
		}
	}
}

// takeFirst writes all that the ring holds. It was closed by a packet that did not fit,
// which may be among those that the device gave.
func (s *side) takeFirst() error {
	read := make([][][]byte, len(s.ways))
	for i, d := range s.ways {
		read[i], d.held.list = d.held.list, nil
	}
	for mark := s.ring.Mark(); !s.ring.Taken(mark); s.ring.Release() {
		s.takeUpTo(mark)
		for _, d := range s.ways {
			if err := d.writeTaken(); err != nil {
				return err
			}
		}
	}
	for i, d := range s.ways {
		d.held.list = read[i]
	}
	return nil
}

// close has no more packets come through the ring. What has not arrived in a device that was
// seen empty is lost, or very late.
func (s *side) close() {
	s.unsure = s.unsure || s.empty() && s.old() != 0
	s.ring.Close()
}

// isFull tells whether the direction has as many packets as one batch may have.
func (d *direction) isFull() bool { return d.held.len() >= d.pace.roof }

// add adds a packet of the ring. It reports whether there is room for another.
func (d *direction) add(frame []byte) bool {
	d.changed = true
	d.counters.takenPackets++
	if len(frame) <= copyLimit {
		frame = d.copies.copyOf(frame)
	}
	d.held.list = append(d.held.list, frame)
	return !d.isFull()
}

// writeTaken writes what was added, right now.
func (d *direction) writeTaken() error {
	_, _, err := d.forward(d.held.list)
	err = errors.Join(err, writeAll(d))
	d.held.reset()
	d.copies.reset()
	return err
}
