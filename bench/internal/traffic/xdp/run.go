package xdp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
)

const (
	// testRunRepeat is for how many frames the kernel calls the program in one go at
	// most; what is still to do then is asked for again.
	testRunRepeat = 1 << 31
	// pollRun is how often the end of a run is looked for when it is due, and pollEarly
	// before that, for runs that no device takes packets of: more often would disturb
	// those who measure, because it wakes threads on any CPU.
	pollRun   = 2 * time.Millisecond
	pollEarly = 100 * time.Millisecond
)

// Run is that of a [load.Generator]. It keeps its CPU busy until it returns, which is
// some 25 ms after the last packet: the kernel takes that long to clean up.
//
// With a rate, packets that are late leave together, all are sent, and what is still due
// when Config.Grace is over is not offered. Offered is what the program emitted and no
// device refused.
func (x *Generator) Run(ctx context.Context, l load.Load, d time.Duration) (load.Sent, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return load.Sent{}, fmt.Errorf("run in-kernel generator: %w", os.ErrClosed)
	}
	if err := l.Check(d); err != nil {
		return load.Sent{}, err
	}
	t := newTask(l, d, x.cfg.Grace)
	err := x.arm(t.generatorTask)
	if err == nil {
		err = x.onThread(func() error { return x.runTask(ctx, t) })
	}
	sent, resultErr := x.result(t)
	if err = errors.Join(err, resultErr); err != nil {
		err = fmt.Errorf("run in-kernel generator: %w", err)
	}
	return sent, err
}

// arm gives the program its task and clears what the last run left.
func (x *Generator) arm(task generatorTask) error {
	return setVariables(x.collection.Variables, map[string]any{
		generatorVarJob:      task,
		generatorVarRun:      generatorProgress{},
		generatorVarRefused:  generatorRefusals{},
		generatorVarLateness: [histogram.Buckets]uint64{},
		generatorVarStop:     uint32(0),
	})
}

// runTask lets the program run until it is done, which it is soon after ctx is,
// and returns when the time of the task is over. The caller's thread comes from
// onThread.
func (x *Generator) runTask(ctx context.Context, t task) error {
	ended, watched := make(chan struct{}), make(chan struct{})
	tid := unix.Gettid()
	go func() {
		defer close(watched)
		x.watch(ctx, tid, t.expected(), ended)
	}()
	err := x.runUntilDone(t)
	close(ended)
	<-watched
	if err != nil || t.Paced == 0 {
		return err
	}
	run, err := x.progress()
	if run.Emitted == t.Packets {
		thread.WaitUntil(ctx, int64(run.Start)+int64(t.spread))
	}
	return err
}

// onThread runs f on a thread in the namespace that takes no signal but the one
// that ends a run.
func (x *Generator) onThread(f func() error) error {
	return thread.Run(x.cfg.CPU, func() error {
		if err := unix.Setns(int(x.netns.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
		var mask unix.Sigset_t
		for i := range mask.Val {
			mask.Val[i] = ^mask.Val[i]
		}
		bit := uint(unix.SIGURG - 1)
		mask.Val[bit/64] &^= 1 << (bit % 64)
		if err := unix.PthreadSigmask(unix.SIG_SETMASK, &mask, nil); err != nil {
			return fmt.Errorf("block signals: %w", err)
		}
		return f()
	})
}

// runUntilDone runs the program, again where it was ended before its time.
func (x *Generator) runUntilDone(t task) error {
	slice := quotaSlice()
	for x.restarts = 0; ; x.restarts++ {
		if slice > 0 {
			t.Until = uint64(thread.Now() + int64(slice))
			if err := setVariables(x.collection.Variables, map[string]any{generatorVarJob: t.generatorTask}); err != nil {
				return err
			}
		}
		err := x.runFrames(t.Batch, min(x.repeat, t.frames(slice)))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("run program: %w", err)
		}
		run, err := x.progress()
		if err != nil || run.Done != 0 {
			return err
		}
		// The kernel begins a batch anew.
		run.InBatch = 0
		if err := setVariables(x.collection.Variables, map[string]any{generatorVarRun: run}); err != nil {
			return err
		}
	}
}

// watch tells the program to stop when ctx is done, and ends the system call of
// the thread when the program is done, which is about due after expected: it cannot do that
// itself.
func (x *Generator) watch(ctx context.Context, tid int, expected time.Duration, ended <-chan struct{}) {
	due := time.Now().Add(expected)
	look := time.NewTimer(untilLook(due))
	defer look.Stop()
	cancelled := ctx.Done()
	for {
		select {
		case <-ended:
			return
		case <-cancelled:
			cancelled, due = nil, time.Now()
			_ = x.collection.Variables[generatorVarStop].Set(uint32(1))
		case <-look.C:
		}
		if run, err := x.progress(); err != nil || run.Done != 0 {
			// The signal that the Go runtime uses to interrupt its own threads and
			// otherwise ignores. One that comes before the call is lost; the next
			// one is not.
			_ = unix.Tgkill(unix.Getpid(), tid, unix.SIGURG)
			due = time.Now()
		}
		look.Reset(untilLook(due))
	}
}

// untilLook is how long to wait before a run that is due then is looked at.
func untilLook(due time.Time) time.Duration {
	return max(min(time.Until(due), pollEarly), pollRun)
}
