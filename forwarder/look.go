package forwarder

import "time"

const (
	// lookEvery is the number of rounds after which a busy worker looks for directions that
	// have become busy too.
	lookEvery = 8

	// ringGap is how soon after each other devices are looked at while rings are in use:
	// only what the rings cannot take comes through the devices.
	ringGap = 50 * time.Microsecond
)

// looks decides when a worker looks at its devices, which is to ask the poller which of them
// have packets. It does so by one rule, with rings or without: after a round that found
// nothing and in every lookEvery-th round, but not in the first round after a sleep, which
// ended with a look, and not before the gap since the last look is over.
type looks struct {
	rounds int       // since the last look
	idle   bool      // the last round found nothing
	slept  bool      // and no round has been since
	last   time.Time // when it looked; not kept without a gap
}

// due reports whether to look before the next round. The gap is that of the rings.
func (l *looks) due(rings *sharing) bool {
	if l.rounds++; l.slept || !l.idle && l.rounds < lookEvery {
		l.slept = false
		return false
	}
	if gap := rings.gap(); gap > 0 {
		now := time.Now()
		if now.Sub(l.last) < gap {
			return false
		}
		l.last = now
	}
	l.rounds = 0
	return true
}
