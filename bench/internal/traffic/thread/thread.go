package thread

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

const (
	// A sleep shorter than this is not worth its wake-up; the thread reads the
	// clock until then.
	sleepAbove = 150_000 // ns
	// How long before the time a sleep ends, to make up for a late wake-up.
	wakeEarly = 60_000 // ns
	// The longest sleep in one piece: how late a cancelled context is seen.
	longestSleep = 20_000_000 // ns
)

// Run runs f on a thread of its own, on the given CPU unless it is negative,
// and waits for it. The thread ends with f, so that what was set on it does too.
func Run(cpu int, f func() error) error {
	return host.OnOwnThread(func() error {
		if err := prepareThread(cpu); err != nil {
			return err
		}
		return f()
	})
}

func prepareThread(cpu int) error {
	// The default slack of 50 µs would make every sleep that much longer.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set timer slack: %w", err)
	}
	return host.PinThread(cpu)
}

// WaitUntil returns the time, CLOCK_MONOTONIC in ns, as soon as it is due or ctx is done. It
// sleeps while that is far away and reads the clock when it is near. The caller's thread
// should come from [Run].
func WaitUntil(ctx context.Context, due int64) (now int64) {
	for now = Now(); now < due && ctx.Err() == nil; now = Now() {
		if due-now > sleepAbove {
			sleepUntil(min(due-wakeEarly, now+longestSleep))
		}
	}
	return now
}

// sleepUntil sleeps in the kernel: unlike time.Sleep it stays on the thread and
// needs no other to wake it.
func sleepUntil(when int64) {
	ts := unix.NsecToTimespec(when)
	// EINTR needs no handling: the caller reads the clock again.
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil)
}
