package forwarder

import (
	"slices"
	"time"
)

const (
	// lonePackets is up to how many packets of a turn are few: one that somebody waits for, and perhaps another.
	lonePackets = 2
	// trialTurns is over how many turns a place is judged, after the first settleTurns there; the one that was found is judged again,
	// and so is home, over proofTurns.
	trialTurns  = 32
	settleTurns = 4
	proofTurns  = 4 * trialTurns
	// followGain is by how much sooner the answers must come for a worker to stay where it tried: less is noise.
	followGain = 0.9
	// leaveLoss is by how much later than when it was judged they may come, in leaveWindows of trialTurns in a row, before it goes home.
	leaveLoss    = 1.5
	leaveWindows = 2
	// otherTurns in a row that are of another kind, or one with manyPackets, and it goes home.
	otherTurns  = 4
	manyPackets = 8
	// longestAnswer is what a silence counts for at most.
	longestAnswer = time.Millisecond
	// longestTrial is how long it may take to try all places: a conversation that is slower is not worth it.
	longestTrial = 2 * time.Second
	// hopelessTime is after how many times as long as at home the trial of a place is broken off.
	hopelessTime = 8
	// After a trial that gained nothing it waits firstWait, then twice as long each time up to longestWait, and in any case
	// waitPerTrial times as long as the trial took. What was found to be better is looked at again after longestWait.
	firstWait    = 250 * time.Millisecond
	longestWait  = 8 * time.Second
	waitPerTrial = 20
	// provenWindows is after how many windows at a place it was worth going there: the next wait is the first one.
	provenWindows = 16
)

// home is the place of a worker that follows nobody: where Config.CPUs has it, or anywhere.
const home = -1

// stage is what a follower is about.
type stage int

const (
	settled    stage = iota // at home or at the best place
	trying                  // each place in turn
	provesHome              // whether home is still as slow as it was
	provesBest              // whether the best place is still as fast
)

// follower decides where a worker runs while packets answer each other. A packet that wakes a thread on another CPU
// waits for an interrupt and, in a virtual machine, for the hypervisor; on the sender's own CPU it waits until the
// sender does. Nobody tells a worker which CPU that is, and where the CPUs are near a worker that spins on its own may
// be the faster one: so it tries, and stays where the answers come soonest. A turn is what is done between two times
// when nothing was left to do.
type follower struct {
	cpus []int // to try; none: it stays at home
	at   int   // place now: home, or an index of cpus

	last   time.Time // turn
	way    int       // that it came from
	others int       // turns in a row that are of another kind
	window window

	stage    stage
	began    time.Time     // the trial
	homeSpan time.Duration // of a window at home, silences and all
	atHome   time.Duration // time to the answer there
	best     int           // place, of those that were tried
	bestCost time.Duration
	stayed   int // windows at the best place
	slow     int // of them, the last ones that were too slow
	retry    time.Time
	wait     time.Duration
}

// window is some turns at one place.
type window struct {
	begin   time.Time
	skip    int              // turns that do not count yet
	sums    [2]time.Duration // until an answer came from each side
	counts  [2]int
	repeats int // turns that no answer began
}

func newFollower(cpus []int) follower { return follower{cpus: cpus, at: home, wait: firstWait} }

// away says whether the worker shares the CPU of somebody who may want it: then it must not spin.
func (f *follower) away() bool { return f.at != home }

// turn takes in a turn that ended now, with so many packets of which the last came from side way. It returns whether
// the worker is to move to another place.
func (f *follower) turn(now time.Time, way, packets int) (moves bool) {
	if len(f.cpus) == 0 || packets == 0 {
		return false
	}
	gap, answer := now.Sub(f.last), way != f.way
	f.last, f.way = now, way
	if packets > lonePackets {
		if f.others++; f.others < otherTurns && packets < manyPackets {
			return false
		}
		return f.leave(now)
	}
	f.others = 0
	w := &f.window
	switch {
	case w.begin.IsZero():
		w.begin = now
		return false
	case f.hopeless(now):
		return f.tried(longestAnswer, now)
	case w.skip > 0:
		w.skip--
		return false
	}
	if !answer {
		if w.repeats++; w.repeats > f.length()/5 {
			return f.leave(now)
		}
		return false
	}
	w.sums[way] += min(gap, longestAnswer)
	w.counts[way]++
	if w.counts[0]+w.counts[1] < f.length() {
		return false
	}
	cost, span := w.cost(), now.Sub(w.begin)
	f.window = window{begin: now}
	return f.judge(cost, span, now)
}

// length is the number of turns of a window.
func (f *follower) length() int {
	if f.stage == provesHome || f.stage == provesBest {
		return proofTurns
	}
	return trialTurns
}

// hopeless says that a trial of a place need not be completed: it takes far too long, or from either side the answers have already
// taken longer than in a whole one at home.
func (f *follower) hopeless(now time.Time) bool {
	w := &f.window
	return f.stage == trying && (min(w.sums[0], w.sums[1]) > trialTurns*f.atHome || now.Sub(w.begin) > hopelessTime*f.homeSpan)
}

// cost is the mean time until an answer, from the side that answers sooner: the other one may have thought.
func (w *window) cost() time.Duration {
	least := longestAnswer
	for i, n := range w.counts {
		if n >= trialTurns/4 {
			least = min(least, w.sums[i]/time.Duration(n))
		}
	}
	return least
}

// gains says whether a cost is so much less than that of home.
func (f *follower) gains(cost time.Duration) bool {
	return float64(cost) < followGain*float64(f.atHome)
}

// judge takes in the cost of the place where the worker is, and how long a window there took.
func (f *follower) judge(cost, span time.Duration, now time.Time) bool {
	switch f.stage {
	case trying:
		return f.tried(cost, now)
	case provesHome:
		f.atHome = min(f.atHome, cost)
		f.stage = provesBest
		return f.move(f.best)
	case provesBest:
		if !f.gains(cost) {
			return f.giveUp(now)
		}
		f.stage, f.stayed, f.slow, f.bestCost, f.retry = settled, 0, 0, (f.bestCost+cost)/2, now.Add(longestWait)
		return false
	}
	if f.away() {
		return f.stay(cost, now)
	}
	if now.Before(f.retry) {
		return false
	}
	if span*time.Duration(len(f.cpus)+2*proofTurns/trialTurns) > longestTrial {
		return false
	}
	f.stage, f.began, f.homeSpan, f.atHome = trying, now, span, cost
	f.best, f.bestCost = home, longestAnswer
	return f.move(0)
}

// tried takes in the cost of a place that is being tried, and goes on to the next one, or home to prove the best.
func (f *follower) tried(cost time.Duration, now time.Time) bool {
	if cost < f.bestCost && f.gains(cost) {
		f.best, f.bestCost = f.at, cost
	}
	if next := f.at + 1; next < len(f.cpus) {
		return f.move(next)
	}
	if f.best == home {
		return f.giveUp(now)
	}
	f.stage = provesHome
	return f.move(home)
}

// stay takes in another window at the best place, and goes home where it is the best no more, or to compare anew after a time.
func (f *follower) stay(cost time.Duration, now time.Time) bool {
	f.stayed++
	if f.slow++; float64(cost) <= leaveLoss*float64(f.bestCost) {
		f.slow = 0
	}
	if f.slow >= leaveWindows {
		return f.leave(now)
	}
	if now.Before(f.retry) {
		return false
	}
	f.wait, f.retry = firstWait, now
	return f.move(home)
}

// giveUp goes home after a trial that gained nothing.
func (f *follower) giveUp(now time.Time) bool {
	f.stage = settled
	f.retry = now.Add(max(f.wait, waitPerTrial*now.Sub(f.began)))
	f.wait = min(2*f.wait, longestWait)
	return f.move(home)
}

// leave goes home, whatever the worker is about.
func (f *follower) leave(now time.Time) bool {
	switch {
	case f.stage != settled:
		return f.giveUp(now)
	case !f.away():
	case f.stayed < provenWindows:
		f.began = now
		return f.giveUp(now)
	default:
		f.wait, f.retry = firstWait, now.Add(firstWait)
	}
	return f.move(home)
}

// without goes home, and tries a place no more.
func (f *follower) without(place int, now time.Time) {
	f.leave(now)
	f.cpus = slices.Delete(f.cpus, place, place+1)
}

func (f *follower) move(place int) bool {
	f.window = window{}
	if place == f.at {
		return false
	}
	f.at, f.window.skip = place, settleTurns
	return true
}
