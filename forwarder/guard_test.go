package forwarder

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestGuardFetches a thread from a CPU that a real-time thread has for itself.
func TestGuardFetches(t *testing.T) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	cpus := cpusOf(&allowed)
	if len(cpus) < 2 {
		t.Skip("one CPU: there is no other one to go to")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0)))) // one each for hog, thread, guard and test
	stopHog := hog(t, cpus[1])
	defer stopHog()
	p := newPlace(0, 1, Config{}, make(chan struct{}, 1))
	p.homeSet.Set(cpus[0])
	p.isAway.Store(true)
	known, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and ends with the thread
		p.tid = unix.Gettid()
		var set unix.CPUSet
		set.Set(cpus[1])
		close(known)
		err := unix.SchedSetaffinity(0, &set)
		for err == nil && !p.fetched.Load() {
		}
		ended <- err
	}()
	<-known
	g := newGuard()
	go g.watch([]*place{p})
	g.left <- struct{}{}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(long):
		t.Error("it was never fetched")
	}
	p.isAway.Store(false)
	g.close()
}

// hog keeps a CPU busy at real-time priority until the returned stop is called. Without the privilege the test is skipped.
func hog(t *testing.T, cpu int) (stop func()) {
	t.Helper()
	var ended atomic.Bool
	began, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and ends with the thread
		var set unix.CPUSet
		set.Set(cpu)
		err := unix.SchedSetaffinity(0, &set)
		if err == nil {
			err = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
		}
		began <- err
		for err == nil && !ended.Load() {
		}
	}()
	stop = func() {
		ended.Store(true)
		<-done
	}
	if err := <-began; errors.Is(err, unix.EPERM) {
		t.Skip("no right to real-time priority")
	} else if err != nil {
		t.Fatal(err)
	}
	return stop
}
