package forwarder

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// publishEvery is after how many rounds the counters are published even though
// the worker never sleeps.
const publishEvery = 64

// worker owns queue index of both devices. Everything in it but the published
// counters belongs to the thread that runs it.
type worker struct {
	index  int
	batch  int
	spin   time.Duration
	cpus   []int
	stop   *atomic.Bool
	poll   [3]unix.PollFd // queue of A, queue of B, shutdown eventfd
	buf    *buffer
	aToB   direction
	bToA   direction
	sleeps atomic.Uint64
}

func newWorker(index int, cfg Config, wake int, stop *atomic.Bool) *worker {
	a, b := cfg.A[index], cfg.B[index]
	return &worker{
		index: index,
		batch: cfg.Batch,
		spin:  cfg.Spin,
		cpus:  cfg.CPUs,
		stop:  stop,
		poll: [3]unix.PollFd{
			{Fd: int32(a.FD()), Events: unix.POLLIN},
			{Fd: int32(b.FD()), Events: unix.POLLIN},
			{Fd: int32(wake), Events: unix.POLLIN},
		},
		buf:  newBuffer(),
		aToB: direction{src: a, dst: b, vnetHdrLen: a.VnetHdrLen()},
		bToA: direction{src: b, dst: a, vnetHdrLen: b.VnetHdrLen()},
	}
}

// run forwards until stop is set or a device fails. Its thread may be pinned,
// so it is never unlocked and ends with the goroutine.
func (w *worker) run() error {
	runtime.LockOSThread()
	defer w.publish()
	if err := w.pin(); err != nil {
		return fmt.Errorf("worker %d: %w", w.index, err)
	}
	if err := w.loop(); err != nil {
		return fmt.Errorf("worker %d: %w", w.index, err)
	}
	return nil
}

func (w *worker) pin() error {
	if len(w.cpus) == 0 {
		return nil
	}
	cpu := w.cpus[w.index%len(w.cpus)]
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin to CPU %d: %w", cpu, err)
	}
	return nil
}

func (w *worker) loop() error {
	for rounds := 1; !w.stop.Load(); rounds++ {
		moved, err := w.round()
		if err != nil {
			return err
		}
		if moved == 0 {
			if err := w.idle(); err != nil {
				return err
			}
		}
		if rounds%publishEvery == 0 {
			w.publish()
		}
	}
	return nil
}

// round gives each direction one batch and returns the packets moved.
func (w *worker) round() (int, error) {
	ab, err := w.aToB.drain(w.batch, w.buf)
	if err != nil {
		return 0, err
	}
	ba, err := w.bToA.drain(w.batch, w.buf)
	return ab + ba, err
}

// idle returns when there may be something to do: it looks again for the spin
// time, then sleeps.
func (w *worker) idle() error {
	for deadline := time.Now().Add(w.spin); w.spin > 0 && !w.stop.Load(); {
		moved, err := w.round()
		if err != nil || moved > 0 {
			return err
		}
		if !time.Now().Before(deadline) {
			break
		}
	}
	return w.sleep()
}

// sleep waits for a packet on either side, or for the end. It goes through the
// Go scheduler: two workers asleep in raw calls would hold both processors of a
// small machine.
func (w *worker) sleep() error {
	w.publish()
	w.sleeps.Add(1)
	_, err := unix.Ppoll(w.poll[:], nil, nil)
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("wait for packets: %w", err)
	}
	return nil
}

func (w *worker) publish() {
	w.aToB.published.publish(&w.aToB.counters)
	w.bToA.published.publish(&w.bToA.counters)
}

func (w *worker) stats() WorkerStats {
	return WorkerStats{
		Queue:  w.index,
		AToB:   w.aToB.published.stats(),
		BToA:   w.bToA.published.stats(),
		Sleeps: w.sleeps.Load(),
	}
}
