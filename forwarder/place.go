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
	follow Follow
	pinned []int         // Config.CPUs
	home   unix.CPUSet   // where it runs unless it follows
	moves  atomic.Uint64 // from one place to another
}

// newPlace is the place of worker number.
func newPlace(number int, cfg Config) *place {
	p := &place{follower: newFollower(nil), follow: cfg.Follow, pinned: cfg.CPUs}
	if len(p.pinned) > 0 {
		p.home.Set(p.pinned[number%len(p.pinned)])
	}
	return p
}

// start moves the calling thread to its home, and finds what else there is.
func (p *place) start() error {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("ask for the CPUs of a thread: %w", err)
	}
	if p.follow == FollowAuto {
		p.cpus = slices.Clone(p.pinned)
		if len(p.cpus) == 0 {
			p.cpus = cpusOf(&allowed)
		}
	}
	if len(p.pinned) == 0 {
		p.home = allowed
		return nil
	}
	if err := unix.SchedSetaffinity(0, &p.home); err != nil {
		return fmt.Errorf("pin to CPU %d: %w", cpusOf(&p.home)[0], err)
	}
	return nil
}

// turn is follower.turn, and moves the calling thread if it says so.
func (p *place) turn(now time.Time, way, packets int, answered bool) {
	if !p.follower.turn(now, way, packets, answered) {
		return
	}
	p.moves.Add(1)
	if p.away() {
		var set unix.CPUSet
		set.Set(p.cpus[p.at])
		if unix.SchedSetaffinity(0, &set) == nil {
			return
		}
		p.without(p.at) // somebody took the CPU out of those that may be used
	}
	if unix.SchedSetaffinity(0, &p.home) != nil {
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
