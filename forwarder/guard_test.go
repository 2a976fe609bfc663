package forwarder

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestGuardFetches a worker from a CPU that a real-time thread has for itself: the conversation goes on.
func TestGuardFetches(t *testing.T) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	cpus := cpusOf(&allowed)
	if len(cpus) < 2 {
		t.Skip("one CPU: there is no other one to go to")
	}
	stopHog := hog(t, cpus[1])
	defer stopHog()
	a, b, f, stop := start(t, 1, 0, Config{CPUs: cpus[:2], Spin: DefaultSpin, Follow: FollowAuto})
	// This end must not be where the real-time thread is either. The thread ends with the test.
	runtime.LockOSThread()
	var own unix.CPUSet
	own.Set(cpus[0])
	if err := unix.SchedSetaffinity(0, &own); err != nil {
		t.Fatal(err)
	}
	fetched := func() bool { return f.guard.fetches.Load() > 0 }
	packet := make([]byte, 60)
	for deadline := time.Now().Add(long); !fetched(); {
		if time.Now().After(deadline) {
			t.Fatal("it was never fetched")
		}
		a[0].send(t, packet)
		b[0].receive(t)
		b[0].send(t, packet)
		a[0].receive(t)
	}
	stop()
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
