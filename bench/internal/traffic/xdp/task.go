package xdp

import (
	"cmp"
	"math"
	"time"

	"tunbench/bench/internal/traffic/load"
)

// floodBatch is how many frames the kernel handles together at maximum load.
const floodBatch = 32

// task is a load as the program is told it, and what is reckoned afterwards.
type task struct {
	generatorTask
	sched  load.Schedule // with a rate
	spread time.Duration // the time that the packets are spread over
}

// newTask returns the task of a load over d. With a rate, what is due at the end is still
// emitted during the grace; 0 is that of load.Grace.
func newTask(l load.Load, d, grace time.Duration) task {
	t := task{spread: d}
	t.Packets, t.Duration, t.Batch = l.Packets, uint64(d), floodBatch
	if l.Packets == 0 {
		t.Packets = math.MaxUint64
	}
	if l.Pps == 0 {
		return t
	}
	t.sched = load.NewSchedule(l.Pps)
	t.Interval, t.IntervalRest = t.sched.FixedPoint()
	packets, spread := t.sched.Cut(d, l.Packets)
	t.Packets, t.spread = uint64(packets), spread
	t.Duration = uint64(spread + cmp.Or(grace, load.Grace(spread)))
	t.Paced, t.Batch = 1, pacedBatch(l.Pps)
	return t
}

// expected is how long the task takes, as far as that is known, if packets are taken.
func (t *task) expected() time.Duration {
	if t.Paced == 0 && t.Packets != math.MaxUint64 {
		return 0
	}
	return t.spread
}

// pacedBatch returns how many frames the kernel handles together at a rate. Each
// place in a batch makes its packets leave some 50 ns later, and the rate could
// not be held with too few: every batch has a cost of its own, and what was late
// must be made up for.
func pacedBatch(pps float64) uint32 {
	const most, step = 8, 250_000
	return min(1+uint32(pps/step), most)
}
