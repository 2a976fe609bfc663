package forwarder

import (
	"golang.org/x/sys/unix"

	"tunbench/forwarder/intake"
)

// yieldEvery is the number of looks at a packet that is claimed and not complete after
// which the CPU is offered to whoever has to complete it.
const yieldEvery = 1000

// side owns the order between the packets of one ring and those that are read from the same
// device: which of them go first.
type side struct {
	ring  *intake.Ring
	ways  []*direction // by queue: that of queue i is ways[i/step]
	step  int          // workers
	young bool         // the device may have packets that the ring's packets have to follow
	older []int        // by queue: how many those may be, while young
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
	for _, d := range s.ways {
		d.setAside()
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
	for _, d := range s.ways {
		d.takeBack()
	}
	return nil
}

// count tells a direction how many segments the ring has dropped. It is that of the first
// queue: the ring does not know of which they were.
func (s *side) count() { s.ways[0].countIntakeDrops(s.ring.Dropped()) }
