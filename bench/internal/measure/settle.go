package measure

import (
	"context"
	"fmt"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
)

// outstanding is what the counters do not explain yet of a load that is over.
type outstanding struct {
	packets int64 // neither arrived nor counted where they were lost
	damaged int64 // what arrived damaged: may be as many of them
	unread  int64 // by the device under test, as far as it published what it counted
}

// none says that every packet is accounted for, and nothing of it will be counted later.
func (o outstanding) none() bool { return o.packets <= 0 && o.unread <= 0 }

// add sums up over directions, in which one's surplus does not make up for the other's.
func (o outstanding) add(other outstanding) outstanding {
	return outstanding{
		packets: o.packets + max(other.packets, 0),
		damaged: o.damaged + other.damaged,
		unread:  o.unread + max(other.unread, 0),
	}
}

const (
	// restLimit is how long nothing may move before what is missing is given up: far
	// longer than a busy, stopped or emulated machine keeps a thread waiting.
	restLimit = 4 * time.Second
	// A device under test that sleeps has nothing left to do: a packet in its queue would
	// have woken it. This is for what it may hold back on a timer.
	sleepLimit = 500 * time.Millisecond
	// It sleeps if its threads do, each time they are looked at, and it uses no more than this
	// share of a CPU. The looks alone prove nothing: on a full CPU nobody runs but who looks,
	// and a thread that waits for a lock, or for its output to be taken, sleeps too.
	sleepShare = 1. / 64
	// So many looks must have found it asleep: who comes to look only once in a while, on a
	// full CPU, may be what it waits for.
	sleepLooks = 8
	// Where as many packets arrived damaged as are missing, they are those.
	damagedLimit = 300 * time.Millisecond
	// What moves for ever, moves on in the next trial.
	settleLimit = 30 * time.Second

	shortestLook, longestLook = time.Millisecond, 50 * time.Millisecond
)

// settle returns what was counted since before once every packet of the load is
// accounted for. That is when counters may be read which cannot tell one load from the
// next: those of devices, of the IP stacks and of the device under test. Where some
// stay missing it gives up in the end, and what it returns says whether they were still
// on their way then.
func (m *trial) settle(before observation) (seen observation, err error) {
	w := waiting{trial: m, begun: time.Now()}
	w.moved, w.asleep = w.begun, w.begun
	for pause := shortestLook; ; pause = min(2*pause, longestLook) {
		activity, err := m.activity()
		if err != nil {
			return observation{}, err
		}
		now, err := m.observe(activity)
		if err != nil {
			return observation{}, err
		}
		seen = now.since(before)
		left, err := m.workload.missing(seen)
		if err != nil {
			return seen, err
		}
		if left.none() {
			// The last packets may have arrived after the first counters were read.
			now, err = m.observe(activity)
			m.readCPUForPackets()
			return now.since(before), err
		}
		if w.look(time.Now(), left, activity, host.ReadRan(m.running.Processes()...)) {
			pause = shortestLook
			m.readCPUForPackets()
		}
		if w.over() {
			seen.missing = left.packets
			seen.held = w.holds(activity) && len(m.running.Processes()) > 0 || w.endless()
			return seen, nil
		}
		select {
		case <-time.After(pause):
		case <-m.alive.Done():
			return seen, context.Cause(m.alive)
		}
	}
}

// readCPUForPackets reads the CPU time that the packets took which are accounted for by now: a device under test that got
// no CPU during the load has forwarded them since. That it ended meanwhile is told elsewhere.
func (m *trial) readCPUForPackets() {
	if reading, err := m.readCPU(); err == nil {
		m.atRest = &reading
	}
}

// waiting is the state of a settle.
type waiting struct {
	*trial
	begun  time.Time
	moved  time.Time     // when a packet was accounted for last
	asleep time.Time     // since when the device under test sleeps; the time of the last look if it does not
	ran    time.Duration // what it had used of the CPUs then
	looks  int           // since then
	rested bool          // a look has found it asleep since a packet was accounted for last
	left   outstanding
}

// look takes in what is missing now, what the threads of the device under test are about and for how
// long they have run, and reports whether anything else is missing than before.
func (w *waiting) look(now time.Time, left outstanding, activity host.Activity, ran time.Duration) (moved bool) {
	if moved = left != w.left; moved {
		w.left, w.moved, w.rested = left, now, false
	}
	w.rested = w.rested || activity == host.Sleeping
	if activity != host.Sleeping || float64(ran-w.ran) > sleepShare*float64(now.Sub(w.asleep)) {
		w.asleep, w.ran, w.looks = now, ran, 0
	}
	w.looks++
	return moved
}

// holds says that a device under test which is about that now may still forward what is missing: it is stopped, or has been at work, or
// waited for a CPU, all the time. One that went to sleep meanwhile, if only between two looks for packets, had its turn.
func (w *waiting) holds(activity host.Activity) bool {
	return activity == host.Stopped || activity == host.Working && !w.rested
}

// over says that what is missing now stays missing.
func (w *waiting) over() bool {
	still := time.Since(w.moved)
	switch {
	case w.endless():
		return true
	case w.left.packets <= w.left.damaged && w.left.unread <= 0 && still >= damagedLimit:
		return true
	case w.canTell() && w.looks > sleepLooks && min(still, time.Since(w.asleep)) >= sleepLimit:
		return true
	}
	return still >= restLimit
}

func (w *waiting) endless() bool { return time.Since(w.begun) >= settleLimit }

// canTell says that a device under test which sleeps has nothing left to do: nobody
// else holds packets, as the reader of a socket or the kernel's own forwarding would.
func (w *waiting) canTell() bool {
	return !w.workload.heldByReader()
}

// activity is what the device under test is about. Without a process it has to say so
// itself, or nobody knows.
func (m *trial) activity() (host.Activity, error) {
	pids := m.running.Processes()
	if len(pids) == 0 {
		if d, ok := m.running.(interface{ Sleeps() bool }); ok && d.Sleeps() {
			return host.Sleeping, nil
		}
		return host.Working, nil
	}
	activity, err := host.ReadActivity(pids...)
	if err != nil {
		return host.Working, fmt.Errorf("look at the device under test: %w", err)
	}
	return activity, nil
}

// observe reads all counters. A device under test that is stopped cannot answer: then
// what it counted last must do.
func (m *trial) observe(activity host.Activity) (observation, error) {
	if activity == host.Stopped && m.last != nil {
		devices, err := m.deviceCounters()
		return observation{devices: devices, stats: m.last, uso: m.takesUSO()}, err
	}
	now, err := m.readCounters()
	if err == nil && now.stats != nil {
		m.last = now.stats
	}
	now.uso = m.takesUSO()
	return now, err
}

// publishQuiet is longer than the longest spin of a worker, which publishes what it
// counted when it sleeps.
const publishQuiet = 20 * time.Millisecond

// awaitPublished waits, after a load that keeps no ledger but has an end, until the
// forwarder has published what it counted. No packet is judged by it.
func (m *trial) awaitPublished(ctx context.Context) error {
	err := testbed.AtRest(ctx, publishQuiet, restLimit, func() (uint64, error) {
		stats, err := m.running.Counters()
		if err != nil || stats == nil {
			return 0, err
		}
		total := stats.Total()
		return total.AToB.ReadPackets + total.BToA.ReadPackets, nil
	})
	if err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}
