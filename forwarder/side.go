package forwarder

import (
	"errors"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/intake"
)

const (
	// copyLimit is up to how many bytes a packet is copied out of its ring: behind the
	// copy is room for those that it is coalesced with.
	copyLimit = 320

	// yieldEvery is the number of looks at a packet that is claimed and not complete after
	// which the CPU is offered to whoever has to complete it.
	yieldEvery = 1000
)

// side is a device as a worker sees it: its queues of the device, and the ring that their
// packets come through while it is open.
type side struct {
	ring  *intake.Ring
	ways  []*direction // by queue: that of queue i is ways[i/step]
	step  int          // workers
	young bool         // the device may have packets that the ring's packets have to follow
	older []int        // by queue: how many those may be, while young
	read  [][][]byte   // by queue: packets of the device, while the ring's go first
}

func newSide(ring *intake.Ring, step int) *side {
	return &side{ring: ring, step: step, young: true}
}

// settles takes in what the last exchange read, and reports whether the device has nothing left of
// what passed before the ring was opened: each queue was seen empty, or has given as many packets
// as it can hold.
func (s *side) settles() bool {
	for len(s.older) < len(s.ways) {
		s.older = append(s.older, s.ring.Depth())
	}
	settled := true
	for i, d := range s.ways {
		if s.older[i] -= d.read; d.read < d.want {
			s.older[i] = 0
		}
		settled = settled && s.older[i] <= 0
	}
	return settled
}

// take adds packets of the ring to those that the device gave. Packets whose addresses once had
// one that the ring cannot take come through the device, behind those that the ring had of
// these addresses before: so what the ring holds is written first.
func (s *side) take() error {
	s.ring.Release()
	if s.young {
		if s.settles() {
			s.young = false
			s.ring.Settle()
		}
		return nil
	}
	for _, d := range s.ways {
		if d.read > 0 {
			return s.takeFirst()
		}
	}
	s.takeUpTo(s.ring.Mark())
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

// takeFirst writes all that the ring holds, and leaves the packets that the device gave to be
// written behind it.
func (s *side) takeFirst() error {
	mark := s.ring.Mark()
	if s.ring.Taken(mark) {
		return nil
	}
	s.read = s.read[:0]
	for _, d := range s.ways {
		s.read = append(s.read, d.held.list)
		d.held.list = d.held.list[len(d.held.list):]
	}
	for looks := 1; !s.ring.Taken(mark); looks++ {
		s.takeUpTo(mark)
		for _, d := range s.ways {
			if err := d.writeTaken(); err != nil {
				return err
			}
		}
		s.ring.Release()
		if looks%yieldEvery == 0 {
			_, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
		}
	}
	for i, d := range s.ways {
		d.held.list = s.read[i]
	}
	return nil
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
