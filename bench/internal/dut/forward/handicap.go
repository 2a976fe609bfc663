package forward

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxHandicap is the largest share of a CPU that a handicap may waste.
const MaxHandicap = 0.9

// handicap wastes a share of the CPUs that the workers are pinned to, whatever the
// workers do: a worker that wants all of its CPU gets so much less.
type handicap struct {
	share float64
	cpus  []int
}

func (h handicap) check() error {
	switch {
	case !(h.share >= 0 && h.share <= MaxHandicap):
		return fmt.Errorf("handicap %v: want 0 to %v", h.share, MaxHandicap)
	case h.share > 0 && len(h.cpus) == 0:
		return errors.New("handicap: the workers must be pinned (pin=on)")
	}
	return nil
}

// StartHandicap wastes a share, 0 to MaxHandicap, of the time of the given CPUs from within this process until
// stop is called. A share above 0 needs at least one CPU.
func StartHandicap(share float64, cpus []int) (stop func(), err error) {
	h := handicap{share: share, cpus: cpus}
	if err := h.check(); err != nil {
		return nil, err
	}
	return h.start()
}

// start begins to waste; stop ends it.
func (h handicap) start() (stop func(), err error) {
	if h.share == 0 {
		return func() {}, nil
	}
	var ended atomic.Bool
	var wasters sync.WaitGroup
	started := make(chan error, len(h.cpus))
	for _, cpu := range h.cpus {
		wasters.Go(func() { h.waste(cpu, &ended, started) })
	}
	// A waster sleeps without telling the Go scheduler, whose work for it would be felt on
	// every CPU; so it keeps one of the scheduler's places.
	places := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(places + len(h.cpus))
	stop = func() {
		ended.Store(true)
		wasters.Wait()
		runtime.GOMAXPROCS(places)
	}
	for range h.cpus {
		err = errors.Join(err, <-started)
	}
	if err != nil {
		stop()
	}
	return stop, err
}

// wasteEvery is how often a waster catches up with its share: often enough to be felt as
// slowness and not as pauses.
const wasteEvery = 500 * time.Microsecond

// waste keeps a thread's CPU time at the share of the time that has passed.
func (h handicap) waste(cpu int, ended *atomic.Bool, started chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread is pinned, and ends with this
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		started <- fmt.Errorf("handicap: pin to CPU %d: %w", cpu, err)
		return
	}
	started <- nil
	begin, used := time.Now(), threadTime()
	pause := unix.NsecToTimespec(int64(wasteEvery))
	for !ended.Load() {
		due := time.Duration(h.share * float64(time.Since(begin)))
		for threadTime()-used < due && !ended.Load() {
		}
		_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
	}
}

// threadTime is the CPU time of the calling thread.
func threadTime() time.Duration {
	var t unix.Timespec
	_, _, _ = unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&t)), 0) // always there
	return time.Duration(t.Nano())
}
