package forwarder

import "time"

const (
	// streamSpin bounds the spin after packets that all go one way. Nobody is waiting for
	// them at this end, and a wait that is longer costs more CPU time than a sleep does.
	// After slowGap the next packet rarely comes in that time: then there is none.
	streamSpin = 2 * time.Microsecond
	slowGap    = 2 * busyGap

	// busyGap is how soon packets must follow each other for the spin not to be bounded:
	// the next one is due before a sleep would be over.
	busyGap = 4500 * time.Nanosecond
	// longestGap bounds what a silence adds to the mean.
	longestGap = 100 * time.Microsecond

	// missLimit is after how many spins in a row that found nothing there are no more,
	// but for one in retryEvery.
	missLimit  = 8
	retryEvery = 32

	// recentTurns is over how many bursts of packets it is judged whether they answer
	// each other.
	recentTurns = 16
)

// spinPolicy decides how long a worker with nothing to do looks again before it sleeps:
// as long as its limit where packets answer each other or follow soon after each other, a
// little where they are not much slower, and not at all where that finds nothing.
type spinPolicy struct {
	limit   time.Duration
	packets int           // since it was last asked
	since   time.Time     // when that was
	gap     time.Duration // from one packet to the next, mean of the last times
	misses  int           // spins in a row that found nothing, and sleeps without a spin since
	last    int           // direction of the last packets
	answers int           // of the last recentTurns, roughly, how many came from the other side
}

func newSpinPolicy(limit time.Duration) spinPolicy {
	return spinPolicy{limit: limit, gap: longestGap}
}

// moved takes in that n packets came from direction way.
func (p *spinPolicy) moved(way, n int) {
	p.packets += n
	p.answers -= (p.answers + recentTurns - 1) / recentTurns
	if way != p.last {
		p.answers += recentTurns
	}
	p.last = way
}

// answered says whether packets answer each other.
func (p *spinPolicy) answered() bool { return p.answers >= recentTurns }

// pays says whether a long spin does: the next packet is an answer, or due before a sleep
// would be over.
func (p *spinPolicy) pays() bool { return p.answered() || p.gap < busyGap }

// next returns how long to spin from now on.
func (p *spinPolicy) next(now time.Time) time.Duration {
	if p.packets > 0 {
		gap := min(now.Sub(p.since)/time.Duration(p.packets), longestGap)
		p.gap += (gap - p.gap) / 8
		p.packets, p.since = 0, now
	}
	if p.misses >= missLimit && p.misses%retryEvery != 0 {
		return 0
	}
	if p.pays() {
		return p.limit
	}
	if p.gap < slowGap {
		return min(p.limit, streamSpin)
	}
	return 0
}

// ended takes in whether a spin, or a sleep without one, was over before a packet came.
func (p *spinPolicy) ended(missed bool) {
	if missed {
		p.misses++
		return
	}
	p.misses = 0
}
