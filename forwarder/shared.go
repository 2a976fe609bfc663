package forwarder

import (
	"fmt"
	"time"
)

// sharing owns the state of a worker's rings (package intake), one for each device: open
// while the worker is awake, armed while it sleeps, and closed in the end.
type sharing struct {
	sides   []*side // of A and of B; none: there are no rings
	inUse   bool    // the rings may hold packets
	closing bool    // they are to be closed as soon as that keeps the order
}

// start opens the rings. If it fails they are closed again, and all packets are read from the
// devices.
func (s *sharing) start() error {
	for _, side := range s.sides {
		side.ring.Open()
		s.inUse = true
	}
	if !s.inUse {
		return nil
	}
	if err := s.sides[0].ring.Fence(); err != nil { // what was sent to either device
		s.close()
		return fmt.Errorf("open intake: %w", err)
	}
	return nil
}

// rest arms the rings before a sleep. It fails when there may be packets in them; then there
// have to be more rounds.
func (s *sharing) rest() bool {
	if !s.inUse {
		return true
	}
	for i, side := range s.sides {
		if side.young || !side.ring.Arm() {
			for _, armed := range s.sides[:i] {
				armed.ring.Disarm()
			}
			return false
		}
	}
	return true
}

// woke is called after a sleep.
func (s *sharing) woke() {
	if s.inUse {
		for _, side := range s.sides {
			side.ring.Disarm()
		}
	}
}

// take adds packets of the rings to those that the devices gave.
func (s *sharing) take() error {
	if !s.inUse {
		return nil
	}
	for _, side := range s.sides {
		if err := side.take(); err != nil {
			return err
		}
	}
	return nil
}

// close has no more packets come through the rings, in the end. What they hold has to be taken:
// until ended says so there have to be more rounds.
func (s *sharing) close() { s.closing = true }

// abandon closes the rings whatever they hold: nobody will take it.
func (s *sharing) abandon() {
	for _, side := range s.sides {
		side.ring.Close()
	}
}

// ended reports whether the rings are out of use: closed, by whomever, and empty.
func (s *sharing) ended() bool {
	if !s.inUse {
		return true
	}
	for _, side := range s.sides {
		if side.young {
			return false
		}
	}
	for _, side := range s.sides {
		if s.closing {
			side.ring.Close()
		}
		if !side.ring.IsClosed() || !side.ring.Empty() {
			return false
		}
	}
	s.inUse = false
	return true
}

// gap is how long after a look the devices need no other: 0 where packets come through them
// alone.
func (s *sharing) gap() time.Duration {
	if s.ended() {
		return 0
	}
	return ringGap
}
