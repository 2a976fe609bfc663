package forwarder

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/ringbuf"
)

// publishEvery is after how many rounds the counters are published even though
// the worker never sleeps.
const publishEvery = 64

// longestNap is how long a worker may sleep with the scheduler's processor in hand. The
// timer behind it is later than the kernel's tick, and therefore costs little.
const longestNap = 10 * time.Millisecond

// worker owns queue index of both devices. Everything in it but the published
// counters belongs to the thread that runs it.
type worker struct {
	index  int
	naps   bool // short sleeps may hold a processor of the Go scheduler
	spin   spinPolicy
	cpus   []int
	stop   *atomic.Bool
	poll   [3]unix.PollFd // queue of A, queue of B, shutdown eventfd
	engine engine
	arena  *ringbuf.Arena
	ways   [2]*direction // A to B, B to A
	shared sharing
	sleeps atomic.Uint64
}

// newWorker makes what worker index needs. note is told what it has to do without.
func newWorker(index int, cfg Config, wake int, stop *atomic.Bool, note func(string)) (w *worker, err error) {
	a, b := cfg.A[index], cfg.B[index]
	w = &worker{
		index: index,
		naps:  len(cfg.A) < runtime.GOMAXPROCS(0),
		spin:  newSpinPolicy(spinLimit(cfg)),
		cpus:  cfg.CPUs,
		stop:  stop,
		poll: [3]unix.PollFd{
			{Fd: int32(a.FD()), Events: unix.POLLIN},
			{Fd: int32(b.FD()), Events: unix.POLLIN},
			{Fd: int32(wake), Events: unix.POLLIN},
		},
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("worker %d: %w", index, err), w.close())
			w = nil
		}
	}()
	if w.engine, err = newEngine(cfg, index, note); err != nil {
		return w, err
	}
	if w.arena, err = newArena(cfg.Batch); err != nil {
		return w, err
	}
	hdrLen := a.VnetHdrLen()
	for i, q := range [2][2]*tun.Queue{{a, b}, {b, a}} {
		in := newFrames(w.arena, 2*i*cfg.Batch, cfg.Batch, hdrLen)
		held := newFrames(w.arena, (2*i+1)*cfg.Batch, cfg.Batch, hdrLen)
		w.ways[i] = newDirection(cfg, q[0], q[1], in, held, batches(w.engine), note)
	}
	if len(cfg.IntakeA) > 0 {
		w.shared.use = true
		w.ways[0].share(cfg.IntakeA[index])
		w.ways[1].share(cfg.IntakeB[index])
	}
	return w, nil
}

// close releases what newWorker made, however far it came.
func (w *worker) close() error {
	var errs []error
	if w.engine != nil {
		errs = append(errs, w.engine.close())
	}
	if w.arena != nil {
		errs = append(errs, w.arena.Close())
	}
	return errors.Join(errs...)
}

// run forwards until stop is set or a device fails. Its thread may be pinned,
// so it is never unlocked and ends with the goroutine.
func (w *worker) run() error {
	runtime.LockOSThread()
	defer w.publish()
	if err := w.pin(); err != nil {
		return fmt.Errorf("worker %d: %w", w.index, err)
	}
	if err := w.engine.enable(); err != nil {
		return fmt.Errorf("worker %d: %w", w.index, err)
	}
	if err := errors.Join(w.loop(), w.engine.disable()); err != nil {
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
	// What was read is written, also when the end has come.
	for !w.shared.end(w.ways[:]) {
		if _, err := w.round(); err != nil {
			return err
		}
	}
	for _, d := range w.ways {
		d.want = 0
	}
	return w.engine.exchange(w.ways[:])
}

// round writes what the last round read, reads what there is now, and returns how many
// packets that were.
func (w *worker) round() (moved int, err error) {
	there, back := w.ways[0], w.ways[1]
	if w.shared.open {
		w.shared.look(w.ways[:])
	} else {
		there.want = there.pace.next(&back.pace, w.spin.expects(0))
		back.want = back.pace.next(&there.pace, w.spin.expects(1))
	}
	if err := w.engine.exchange(w.ways[:]); err != nil {
		return 0, err
	}
	for i, d := range w.ways {
		n, err := d.process()
		if err != nil {
			return moved, err
		}
		if n > 0 {
			w.spin.moved(i, n)
		}
		moved += n
	}
	if moved > 0 || w.shared.closing {
		w.shared.moved(w.ways[:], w.spin.pays())
	}
	return moved, nil
}

// idle returns when there may be something to do: it looks again for a while, then
// sleeps.
func (w *worker) idle() error {
	now := time.Now()
	if spin := w.spin.next(now); spin > 0 {
		for deadline := now.Add(spin); !w.stop.Load(); {
			moved, err := w.round()
			if err != nil {
				return err
			}
			if moved > 0 {
				w.spin.ended(false)
				return nil
			}
			if !time.Now().Before(deadline) {
				break
			}
		}
	}
	if !w.shared.end(w.ways[:]) {
		return nil
	}
	w.spin.ended(true)
	return w.sleep()
}

// spinLimit is how long a worker may spin. One that shares its CPU with another would
// only keep that from working.
func spinLimit(cfg Config) time.Duration {
	cpus := runtime.NumCPU()
	if len(cfg.CPUs) > 0 {
		cpus = len(cfg.CPUs)
	}
	if len(cfg.A) > cpus {
		return 0
	}
	return cfg.Spin
}

// sleep waits for a packet on either side, or for the end.
//
// A short sleep holds on to the Go scheduler's processor, if others are left. When the
// runtime's monitor takes the processor from a sleeper, it looks for more to take every
// 20 µs, 50 times and on any CPU, this one included. A long sleep gives the processor away:
// workers that hold it would keep the rest of the program from running.
func (w *worker) sleep() error {
	w.publish()
	w.sleeps.Add(1)
	var ready int
	var err error
	if w.naps && !w.stop.Load() {
		ready, err = w.nap()
	}
	if err == unix.EINTR || err == nil && ready == 0 {
		ready, err = unix.Ppoll(w.poll[:], nil, nil)
	}
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("wait for packets: %w", err)
	}
	if ready > 0 {
		for i, d := range w.ways {
			d.pace.polled(w.poll[i].Revents != 0)
		}
	}
	return nil
}

// nap sleeps for longestNap at most, or until the runtime wants the thread, and returns how
// many of the queues are ready. It does without the eventfd, which would be a third of its
// work: a shutdown waits for so long.
func (w *worker) nap() (ready int, err error) {
	timeout := unix.NsecToTimespec(int64(longestNap))
	n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&w.poll[0])), uintptr(len(w.ways)),
		uintptr(unsafe.Pointer(&timeout)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (w *worker) publish() {
	for _, d := range w.ways {
		if d.shared != nil {
			d.counters.intakeDrops = d.shared.Dropped()
		}
		d.published.publish(&d.counters)
	}
}

func (w *worker) stats() WorkerStats {
	return WorkerStats{
		Queue:  w.index,
		AToB:   w.ways[0].published.stats(),
		BToA:   w.ways[1].published.stats(),
		Sleeps: w.sleeps.Load(),
	}
}
