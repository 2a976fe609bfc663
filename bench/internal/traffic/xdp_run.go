package traffic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
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
	// floodBatch is how many frames the kernel handles together at maximum load.
	floodBatch = 32
)

// Run is that of a [Generator]. It keeps its CPU busy until it returns, which is
// some 25 ms after the last packet: the kernel takes that long to clean up.
//
// With a rate, packets that are late leave together, all are sent, and what is
// still due a hundredth of the time (5 to 20 ms) after the end is not offered. Offered is what the program
// emitted and no device refused.
func (x *XDP) Run(ctx context.Context, load Load, d time.Duration) (Sent, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return Sent{}, fmt.Errorf("run in-kernel generator: %w", os.ErrClosed)
	}
	if err := load.check(d); err != nil {
		return Sent{}, err
	}
	t := newXDPTask(load, d)
	if t.Paced != 0 {
		t.endAfter(x.grace)
	}
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

// xdpTask is a load as the program is told it, and what is reckoned afterwards.
type xdpTask struct {
	generatorTask
	sched  schedule      // with a rate
	spread time.Duration // the time that the packets are spread over
}

func newXDPTask(load Load, d time.Duration) xdpTask {
	t := xdpTask{spread: d}
	t.Packets, t.Duration, t.Batch = load.Packets, uint64(d), floodBatch
	if load.Packets == 0 {
		t.Packets = math.MaxUint64
	}
	if load.Pps == 0 {
		return t
	}
	t.sched = newSchedule(load.Pps)
	t.Interval, t.IntervalRest = t.sched.fixedPoint()
	packets, spread := t.sched.cut(d, load.Packets)
	t.Packets, t.spread = uint64(packets), spread
	t.endAfter(grace)
	t.Paced, t.Batch = 1, pacedBatch(load.Pps)
	return t
}

// endAfter sets how long after its end a task with a rate still emits what is due.
func (t *xdpTask) endAfter(grace func(time.Duration) int64) {
	t.Duration = uint64(t.spread) + uint64(grace(t.spread))
}

// expected is how long the task takes, as far as that is known, if packets are taken.
func (t *xdpTask) expected() time.Duration {
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

// arm gives the program its task and clears what the last run left.
func (x *XDP) arm(task generatorTask) error {
	return setVariables(x.collection.Variables, map[string]any{
		generatorVarJob:      task,
		generatorVarRun:      generatorProgress{},
		generatorVarRefused:  generatorRefusals{},
		generatorVarLateness: [latencyBuckets]uint64{},
		generatorVarStop:     uint32(0),
	})
}

// runTask lets the program run until it is done, which it is soon after ctx is,
// and returns when the time of the task is over. The caller's thread comes from
// onThread.
func (x *XDP) runTask(ctx context.Context, t xdpTask) error {
	ended, watched := make(chan struct{}), make(chan struct{})
	thread := unix.Gettid()
	go func() {
		defer close(watched)
		x.watch(ctx, thread, t.expected(), ended)
	}()
	err := x.runUntilDone(t)
	close(ended)
	<-watched
	if err != nil || t.Paced == 0 {
		return err
	}
	run, err := x.progress()
	if run.Emitted == t.Packets {
		waitUntil(ctx, int64(run.Start)+int64(t.spread))
	}
	return err
}

// onThread runs f on a thread in the namespace that takes no signal but the one
// that ends a run.
func (x *XDP) onThread(f func() error) error {
	return onThread(x.cfg.CPU, func() error {
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
func (x *XDP) runUntilDone(t xdpTask) error {
	slice := quotaSlice()
	for x.restarts = 0; ; x.restarts++ {
		if slice > 0 {
			t.Until = uint64(monotonic() + int64(slice))
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
func (x *XDP) watch(ctx context.Context, thread int, expected time.Duration, ended <-chan struct{}) {
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
			_ = unix.Tgkill(unix.Getpid(), thread, unix.SIGURG)
			due = time.Now()
		}
		look.Reset(untilLook(due))
	}
}

// untilLook is how long to wait before a run that is due then is looked at.
func untilLook(due time.Time) time.Duration {
	return max(min(time.Until(due), pollEarly), pollRun)
}
