package forwarder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// ErrUsed says that Run was called a second time.
var ErrUsed = errors.New("a forwarder runs once")

// Forwarder forwards between two sets of queues. Stats may be called at any
// time from any goroutine; Run once; Close when Run has returned, or instead of it.
type Forwarder struct {
	workers []*worker
	queues  int // of each device
	wake    int // eventfd that ends every wait
	guard   *guard
	stop    atomic.Bool
	started atomic.Bool
	close   sync.Once
	closed  error
}

// New prepares the workers. It takes no ownership of the queues. A Config that
// cannot be used is ErrConfig; one that insists on what is not there ErrUnsupported.
func New(cfg Config) (*Forwarder, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("create shutdown eventfd: %w", err)
	}
	f := &Forwarder{wake: wake, queues: len(cfg.A), guard: newGuard()}
	note := once(cfg.Note)
	workers := Workers(len(cfg.A), cfg.CPUs)
	for i := range workers {
		w, err := newWorker(i, workers, cfg, wake, f.guard.left, &f.stop, note)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		f.workers = append(f.workers, w)
	}
	return f, nil
}

// Run forwards until ctx is done, then returns nil; packets still in the devices' rings stay
// there. It returns early when a worker cannot go on, for example with an error that wraps
// tun.ErrGone when a device was deleted.
//
// Where there are fewer workers than processors of the Go scheduler (GOMAXPROCS), each may
// hold one for 20 ms though it sleeps. A program that runs several Forwarders, or has
// other work that must not wait, lets GOMAXPROCS be larger than all their workers together.
func (f *Forwarder) Run(ctx context.Context) error {
	if f.started.Swap(true) {
		return ErrUsed
	}
	errs := make(chan error, len(f.workers))
	places := make([]*place, len(f.workers))
	for i, w := range f.workers {
		places[i] = w.place
	}
	go f.guard.watch(places)
	defer f.guard.close()
	for _, w := range f.workers {
		go func() { errs <- w.run() }()
	}
	var failed error
	running := len(f.workers)
	select {
	case <-ctx.Done():
	case failed = <-errs:
		running--
	}
	f.stop.Store(true)
	if err := wakeUp(f.wake); err != nil {
		// Without it the workers would sleep on: better not to claim they ended.
		return errors.Join(failed, err)
	}
	for range running {
		failed = errors.Join(failed, <-errs)
	}
	return failed
}

// once passes every text on once, from whatever worker.
func once(note func(string)) func(string) {
	if note == nil {
		return func(string) {}
	}
	var said sync.Map
	return func(text string) {
		if _, before := said.LoadOrStore(text, nil); !before {
			note(text)
		}
	}
}

func wakeUp(fd int) error {
	one := [8]byte{1} // any value but zero, in either byte order
	if _, err := unix.Write(fd, one[:]); err != nil {
		return fmt.Errorf("wake workers: %w", err)
	}
	return nil
}

// Stats returns the counters as the workers last published them: before every
// sleep, every few rounds under load, and when Run returns.
func (f *Forwarder) Stats() Stats {
	s := Stats{Workers: make([]WorkerStats, f.queues)}
	for _, w := range f.workers {
		w.stats(s.Workers)
	}
	return s
}

// Close releases what New made. It may be called again.
func (f *Forwarder) Close() error {
	f.close.Do(func() {
		var errs []error
		for _, w := range f.workers {
			errs = append(errs, w.close())
		}
		if err := unix.Close(f.wake); err != nil {
			errs = append(errs, fmt.Errorf("close shutdown eventfd: %w", os.NewSyscallError("close", err)))
		}
		f.closed = errors.Join(errs...)
	})
	return f.closed
}
