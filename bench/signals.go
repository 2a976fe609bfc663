package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// oneStop is how long signals that follow the first one are part of it: timeout(1) signals
// the process and its group, a terminal that closes does so by the kernel and by the shell.
const oneStop = 300 * time.Millisecond

// oneTerm is the same for a SIGTERM that follows another one: programs send those, and on a busy machine
// timeout(1) comes to its second one late.
const oneTerm = 5 * time.Second

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal os.Signal }

func (s *signalled) Error() string { return fmt.Sprintf("%v signal received", s.signal) }

// untilSignal returns a context that the first SIGINT, SIGTERM or SIGHUP ends, so that the
// command can clean up. A later SIGINT or SIGTERM (see insists) ends the process at once, whatever it is
// waiting for. A signal that was ignored when the program began, as by nohup, stays so.
// stop gives the signals back.
func untilSignal(parent context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ends := slices.DeleteFunc([]os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP}, signal.Ignored)
	arrived := make(chan os.Signal, 1)
	if len(ends) > 0 { // none would mean all
		signal.Notify(arrived, ends...)
	}
	stopped := make(chan struct{})
	go func() {
		var first os.Signal
		select {
		case s := <-arrived:
			first = s
			cancel(&signalled{s})
		case <-stopped:
			return
		}
		since := time.Now()
		for {
			select {
			case s := <-arrived:
				if insists(first, s, time.Since(since)) {
					dieOf(s)
				}
			case <-stopped:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(arrived)
		close(stopped)
		cancel(nil)
	}
}

// insists reports whether a signal that came some time after the first one is to end the
// process at once.
func insists(first, s os.Signal, after time.Duration) bool {
	switch {
	case s == unix.SIGHUP:
		return false
	case s == unix.SIGTERM && first == unix.SIGTERM:
		return after > oneTerm
	}
	return after > oneStop
}

// dieOf ends the process as the signal would, had nobody asked for it.
func dieOf(s os.Signal) {
	signal.Reset(s)
	if number, ok := s.(unix.Signal); ok {
		_ = unix.Kill(unix.Getpid(), number)
	}
}
