package forwarder

import (
	"slices"
	"time"
)

const (
	// lonePackets is up to how many packets of a turn are few: one that somebody waits for, and perhaps another.
	lonePackets = 2
	// trialTurns is over how many turns a place is judged, after the first settleTurns there.
	trialTurns  = 32
	settleTurns = 4
	// followGain is how much sooner the answers must come for a worker to stay where it tried: less is noise.
	followGain = 0.9
	// leaveLoss is by how much later than when it came there they may come before it goes home.
	leaveLoss = 1.5
	// otherTurns in a row that are of another kind, or one with manyPackets, and it goes home.
	otherTurns  = 4
	manyPackets = 8
	// What a silence counts for at most.
	longestAnswer = time.Millisecond
	// After a trial that gained nothing it waits firstWait, then twice as long each time up to longestWait. What was
	// found to be better is looked at again after longestWait too.
	firstWait   = 250 * time.Millisecond
	longestWait = 8 * time.Second
)

// home is the place of a worker that follows nobody: where Config.CPUs has it, or anywhere.
const home = -1

// follower decides where a worker runs while packets answer each other. A packet that wakes a thread on another CPU
// waits for an interrupt and, in a virtual machine, for the hypervisor; on the sender's own CPU it waits until the
// sender does. Nobody tells a worker which CPU that is, and where the CPUs are near a worker that spins on its own may
// be the faster one: so it tries, and stays where the answers come soonest. A turn is what is done between two times
// when nothing was left to do.
type follower struct {
	cpus []int // to try; none: it stays at home
	at   int   // place now: home, or an index of cpus
	last time.Time

	others int // turns in a row that are of another kind
	skip   int // turns that do not count yet
	sums   [2]time.Duration
	counts [2]int // of the answers that came from each side

	trying   bool
	atHome   time.Duration // time to the answer there, when it was last tried
	best     int           // place, of those that were tried
	bestCost time.Duration
	retry    time.Time // not before
	wait     time.Duration
}

func newFollower(cpus []int) follower { return follower{cpus: cpus, at: home, wait: firstWait} }

// away says whether the worker shares the CPU of somebody who may want it: then it must not spin.
func (f *follower) away() bool { return f.at != home }

// turn takes in a turn that ended now, with so many packets of which the last came from side way, and whether packets
// answer each other. It returns whether the worker is to move to another place.
func (f *follower) turn(now time.Time, way, packets int, answered bool) (moves bool) {
	if len(f.cpus) == 0 || packets == 0 {
		return false
	}
	gap := min(now.Sub(f.last), longestAnswer)
	f.last = now
	if !answered || packets > lonePackets {
		if f.others++; f.others < otherTurns && packets < manyPackets {
			return false
		}
		if f.away() && !f.trying {
			f.retry = now.Add(firstWait)
		}
		f.clear()
		f.trying = false
		return f.move(home)
	}
	f.others = 0
	if f.skip > 0 {
		f.skip--
		return false
	}
	f.sums[way] += gap
	f.counts[way]++
	if f.hopeless() {
		return f.tried(longestAnswer, now)
	}
	if f.counts[0]+f.counts[1] < trialTurns {
		return false
	}
	cost := f.cost()
	f.clear()
	return f.judge(cost, now)
}

// hopeless says that a trial need not be completed: from either side the answers have already taken longer than in a
// whole one at home.
func (f *follower) hopeless() bool {
	return f.trying && min(f.sums[0], f.sums[1]) > trialTurns*f.atHome
}

// cost is the mean time until an answer, from the side that answers sooner: the other one may have thought.
func (f *follower) cost() time.Duration {
	least := longestAnswer
	for i, n := range f.counts {
		if n >= trialTurns/4 {
			least = min(least, f.sums[i]/time.Duration(n))
		}
	}
	return least
}

func (f *follower) clear() { f.sums, f.counts = [2]time.Duration{}, [2]int{} }

// judge takes in the cost of the place where the worker is.
func (f *follower) judge(cost time.Duration, now time.Time) bool {
	switch {
	case f.trying:
		return f.tried(cost, now)
	case f.away():
		if float64(cost) <= leaveLoss*float64(f.bestCost) && now.Before(f.retry) {
			return false
		}
		f.wait, f.retry = firstWait, now // home, to compare anew
		return f.move(home)
	case now.Before(f.retry):
		return false
	}
	f.trying, f.atHome = true, cost
	f.best, f.bestCost = home, time.Duration(followGain*float64(cost))
	return f.move(0)
}

// tried takes in the cost of a place that is being tried, and goes on to the next one, or to the best.
func (f *follower) tried(cost time.Duration, now time.Time) bool {
	f.clear()
	if cost < f.bestCost {
		f.best, f.bestCost = f.at, cost
	}
	if next := f.at + 1; next < len(f.cpus) {
		return f.move(next)
	}
	f.trying = false
	if f.best == home {
		f.retry = now.Add(f.wait)
		f.wait = min(2*f.wait, longestWait)
	} else {
		f.retry = now.Add(longestWait)
	}
	return f.move(f.best)
}

// without goes home, and tries a place no more.
func (f *follower) without(place int) {
	f.cpus = slices.Delete(f.cpus, place, place+1)
	f.clear()
	f.trying = false
	f.move(home)
}

func (f *follower) move(place int) bool {
	if place == f.at {
		return false
	}
	f.at, f.skip = place, settleTurns
	return true
}
