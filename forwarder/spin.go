package forwarder

import "time"

const (
	// streamSpin bounds the spin after packets that all go one way. Nobody is waiting for
	// them at this end, and a wait that is longer costs more CPU time than a sleep does.
	streamSpin = 2 * time.Microsecond

	// missLimit is after how many spins in a row that found nothing there are no more,
	// but for one in retryEvery.
	missLimit  = 8
	retryEvery = 32

	// recentTurns is over how many bursts of packets it is judged whether they answer
	// each other.
	recentTurns = 16
)

// spinPolicy decides how long a worker with nothing to do looks again before it sleeps:
// as long as its limit where packets answer each other, and not at all while that finds
// nothing.
type spinPolicy struct {
	limit   time.Duration
	misses  int // spins in a row that found nothing, and sleeps without a spin since
	last    int // direction of the last packets
	answers int // of the last recentTurns, roughly, how many came from the other side
}

// moved takes in that packets came from direction way.
func (p *spinPolicy) moved(way int) {
	p.answers -= (p.answers + recentTurns - 1) / recentTurns
	if way != p.last {
		p.answers += recentTurns
	}
	p.last = way
}

// next returns how long to spin now.
func (p *spinPolicy) next() time.Duration {
	if p.misses >= missLimit && p.misses%retryEvery != 0 {
		return 0
	}
	if p.answers < recentTurns {
		return min(p.limit, streamSpin)
	}
	return p.limit
}

// ended takes in whether a spin, or a sleep without one, was over before a packet came.
func (p *spinPolicy) ended(missed bool) {
	if missed {
		p.misses++
		return
	}
	p.misses = 0
}
