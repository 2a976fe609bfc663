package forwarder

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// guardEvery is how often a guard looks at the workers that are away.
const guardEvery = 10 * time.Millisecond

// guard fetches workers home that do not get the CPU that they tried, as a real-time thread there may have it for good: they cannot
// go by themselves. It sleeps while all are at home. What it cannot help is a worker that holds a processor of the Go scheduler there when a
// collection begins: the collection waits for it, and the guard for the collection, until the kernel's limit on real-time threads lets it run.
type guard struct {
	left chan struct{} // a worker has left its home
	stop chan struct{}
	done chan struct{}
}

func newGuard() *guard {
	return &guard{left: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// watch goes on until close.
func (g *guard) watch(places []*place) {
	defer close(g.done)
	before := make([]pulse, len(places))
	for {
		select {
		case <-g.stop:
			return
		case <-g.left:
		}
		ticker := time.NewTicker(guardEvery)
		looked := time.Now()
		for slices.ContainsFunc(places, func(p *place) bool { return p.isAway.Load() }) {
			select {
			case <-g.stop:
				ticker.Stop()
				return
			case <-ticker.C:
			}
			if time.Since(looked) < guardEvery/2 {
				continue // the tick before came late: in so short a time anybody may wait for a CPU
			}
			looked = time.Now()
			for i, p := range places {
				if !p.isAway.Load() {
					before[i] = pulse{}
					continue
				}
				now, err := pulseOf(p.tid)
				if err == nil && now.starvedSince(before[i]) {
					_ = unix.SchedSetaffinity(p.tid, &p.homeSet)
					p.fetched.Store(true)
				}
				before[i] = now
			}
		}
		ticker.Stop()
	}
}

func (g *guard) close() {
	close(g.stop)
	<-g.done
}

// pulse is what a thread did up to some time.
type pulse struct {
	wants bool   // it could run
	ran   uint64 // ns on a CPU
}

// starvedSince says whether the thread wanted to run at both times, and did not in between.
func (p pulse) starvedSince(before pulse) bool { return p.wants && before.wants && p.ran == before.ran }

// pulseOf reads the pulse of a thread of this process.
func pulseOf(tid int) (p pulse, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", tid))
	if err != nil {
		return p, err
	}
	// The state stands behind the name, which may hold anything.
	if at := bytes.LastIndexByte(text, ')'); at >= 0 && at+2 < len(text) {
		p.wants = text[at+2] == 'R'
	}
	var ran unix.Timespec
	err = unix.ClockGettime(threadClock(tid), &ran)
	p.ran = uint64(ran.Nano())
	return p, err
}

// threadClock is the CPU clock of a thread of this process, as pthread_getcpuclockid makes it. What /proc has of a
// thread that runs is as old as the last tick of its CPU, which may be a second.
func threadClock(tid int) int32 {
	const perThread, scheduler = 4, 2
	return int32(^tid<<3 | perThread | scheduler)
}
