package host

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Pauses is how long a CPU was taken away from a thread that only looked at the
// clock: by interrupts, by other threads, by the hypervisor, whose part no counter of
// a guest need show.
type Pauses struct {
	Watched time.Duration
	Paused  time.Duration // sum of the pauses
	Longest time.Duration
}

// shortestPause is longer than any reading of the clock that nothing came between.
const shortestPause = 2 * time.Microsecond

// Ratio is the share of the time, 0 to 1.
func (p Pauses) Ratio() float64 {
	if p.Watched <= 0 {
		return 0
	}
	return float64(p.Paused) / float64(p.Watched)
}

// WatchPauses keeps one CPU busy for d and tells how often it stood still.
func WatchPauses(cpu int, d time.Duration) (Pauses, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return Pauses{}, fmt.Errorf("watch CPU %d: %w", cpu, os.NewSyscallError("sched_getaffinity", err))
	}
	if err := PinThread(cpu); err != nil {
		return Pauses{}, fmt.Errorf("watch pauses: %w", err)
	}
	// A thread with another affinity than it had is only less well placed.
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	return watch(time.Now, d), nil
}

// watch reads the clock over and over for d.
func watch(clock func() time.Time, d time.Duration) Pauses {
	var p Pauses
	start := clock()
	for last := start; p.Watched < d; {
		now := clock()
		if gap := now.Sub(last); gap > shortestPause {
			p.Paused += gap
			p.Longest = max(p.Longest, gap)
		}
		last, p.Watched = now, now.Sub(start)
	}
	return p
}
