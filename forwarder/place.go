package forwarder

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// place owns on which CPUs a worker's thread may run.
type place struct {
	follower
	number  int
	follow  Follow
	pinned  []int         // Config.CPUs
	workers int           // how many there are
	homeSet unix.CPUSet   // where it runs unless it follows
	tid     int           // of the thread
	moves   atomic.Uint64 // from one place to another

	left    chan<- struct{} // is told that the worker leaves its home, see [guard]
	isAway  atomic.Bool     // for the guard
	fetched atomic.Bool     // it was fetched home by the guard
}

// newPlace is the place of one of so many workers. left is that of the [guard].
func newPlace(number, workers int, cfg Config, left chan<- struct{}) *place {
	return &place{follower: newFollower(nil), number: number, workers: workers, follow: cfg.Follow, pinned: cfg.CPUs, left: left}
}

// start moves the calling thread to its home, and finds what else there is: of Config.CPUs those that are no other worker's home, or all
// that the thread may use.
func (p *place) start() error {
	p.tid = unix.Gettid()
	if len(p.pinned) > 0 {
		cpu := p.pinned[p.number%len(p.pinned)]
		p.homeSet.Set(cpu)
		if err := unix.SchedSetaffinity(0, &p.homeSet); err != nil {
			return fmt.Errorf("pin to CPU %d: %w", cpu, err)
		}
	}
	if p.follow != FollowAuto {
		return nil
	}
	if len(p.pinned) == 0 {
		// Where there are more CPUs than the set has room for, the worker stays where the kernel lets it be.
		if unix.SchedGetaffinity(0, &p.homeSet) == nil {
			p.cpus = cpusOf(&p.homeSet)
		}
		return nil
	}
	for i, cpu := range p.pinned {
		if (i >= p.workers || i == p.number) && !slices.Contains(p.cpus, cpu) {
			p.cpus = append(p.cpus, cpu)
		}
	}
	return nil
}

// turn is follower.turn, and moves the calling thread if it says so.
func (p *place) turn(now time.Time, way, packets int) {
	if !p.wasFetched(now) && p.follower.turn(now, way, packets) {
		p.arrive()
	}
}

// goHome goes home if the worker is away: nobody answers any more, or packets come without an end.
func (p *place) goHome(now time.Time) {
	if !p.wasFetched(now) && p.away() && p.leave(now) {
		p.arrive()
	}
}

// wasFetched goes home for good from where the guard has fetched the worker, and says whether it has.
func (p *place) wasFetched(now time.Time) bool {
	if !p.fetched.Swap(false) || !p.away() {
		return false
	}
	p.without(p.at, now)
	p.arrive()
	return true
}

// arrive moves the calling thread to where the follower wants it.
func (p *place) arrive() {
	p.moves.Add(1)
	if p.away() {
		p.isAway.Store(true)
		select {
		case p.left <- struct{}{}:
		default: // the guard is awake
		}
		var set unix.CPUSet
		set.Set(p.cpus[p.at])
		if unix.SchedSetaffinity(0, &set) == nil {
			return
		}
		p.without(p.at, p.last) // somebody took the CPU out of those that may be used
	}
	p.isAway.Store(false)
	if unix.SchedSetaffinity(0, &p.homeSet) != nil {
		p.cpus = nil // its home too: from now on it is where the kernel lets it be
	}
}

// cpusOf lists the CPUs of a set.
func cpusOf(set *unix.CPUSet) (cpus []int) {
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}
