package forwarder

import (
	"time"

	"tunbench/forwarder/intake"
)

const (
	// strayLimit is from how many packets of one batch on that came another way than past the
	// rings these are of no use.
	strayLimit = 16

	// While the rings are open, devices are looked at after lookGap at the soonest: only what
	// the rings are not offered comes through them. Every lookTurns turns it is seen whether
	// it is time.
	lookGap   = 50 * time.Microsecond
	lookTurns = 16

	// barredFor is how long rings stay closed that were of no use.
	barredFor = time.Second
)

// sharing is a worker's use of the rings that its packets may come through (package
// intake), one for each device. They are open while the worker is awake, and armed while it
// sleeps.
type sharing struct {
	sides   []*side // of A and of B; none: there are no rings
	poller  *poller
	open    bool // they may hold packets
	closing bool // they take no more
	turns   int
	looked  time.Time // when the devices were looked at
	barred  time.Time // until when they stay closed
}

// start opens the rings, but for those that are barred.
func (s *sharing) start() {
	if len(s.sides) == 0 || s.open {
		return
	}
	now := time.Now()
	if now.Before(s.barred) {
		return
	}
	s.open, s.looked = true, now
	for _, side := range s.sides {
		side.begin()
		side.ring.Open()
	}
}

// rest arms the rings before a sleep, which shall end by the device or the bell. It fails when
// there may be packets in them; then there have to be more rounds.
func (s *sharing) rest(by intake.Wake) bool {
	if !s.open || s.closing {
		return s.end()
	}
	for i, side := range s.sides {
		if !side.ring.Arm(by) {
			s.wake(s.sides[:i])
			return false
		}
	}
	return true
}

// woke is called when the poller has told the directions what has come meanwhile.
func (s *sharing) woke() {
	if s.open {
		s.wake(s.sides)
		s.turns = 0
	}
}

func (s *sharing) wake(sides []*side) {
	for _, side := range sides {
		side.begin()
		side.ring.Disarm()
	}
}

// look decides, while the rings are open, how many packets to ask the devices for: first those
// that passed before the rings were opened, then what the poller finds now and then. polled
// says that it was asked just before.
func (s *sharing) look(polled bool) error {
	for _, side := range s.sides {
		if !side.look() && !s.closing {
			s.bar() // a packet did not fit
		}
	}
	if due := s.isDue() || s.waits(); due && !polled {
		if err := s.poller.look(); err != nil {
			return err
		}
	}
	for _, side := range s.sides {
		side.ask(s.closing)
	}
	return nil
}

// isDue tells whether it is time to look at the devices.
func (s *sharing) isDue() bool {
	if s.turns++; s.turns%lookTurns != 0 {
		return false
	}
	now := time.Now()
	if now.Sub(s.looked) < lookGap {
		return false
	}
	s.looked = now
	return true
}

// waits tells whether packets are due, and only the poller knows where.
func (s *sharing) waits() bool {
	for _, side := range s.sides {
		if side.waits() {
			return true
		}
	}
	return false
}

// take adds packets of the rings to those that the devices gave.
func (s *sharing) take() error {
	if !s.open {
		return nil
	}
	for _, side := range s.sides {
		if err := side.take(); err != nil {
			return err
		}
	}
	return nil
}

// moved ends the use of rings that are closed and empty, and of those that packets do not
// come through. It opens them again when that is over.
func (s *sharing) moved() {
	if !s.open {
		s.start()
		return
	}
	if s.closing {
		s.end()
		return
	}
	for _, side := range s.sides {
		if side.stray >= strayLimit {
			s.bar()
			return
		}
	}
}

// bar closes the rings for some time.
func (s *sharing) bar() {
	s.barred = time.Now().Add(barredFor)
	s.close()
}

// close has no more packets come through the rings.
func (s *sharing) close() {
	for _, side := range s.sides {
		side.close()
	}
	s.closing = true
}

// end closes the rings. It reports whether they are out of use, closed and empty; until then
// there have to be more rounds.
func (s *sharing) end() bool {
	if !s.open {
		return true
	}
	if !s.closing {
		s.close()
	}
	for _, side := range s.sides {
		if !side.ring.Empty() {
			return false
		}
	}
	s.open, s.closing = false, false
	return true
}
