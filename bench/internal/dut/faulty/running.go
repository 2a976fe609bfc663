package faulty

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// running is a loop at work, with all that it was given.
type running struct {
	a, b   *tun.Device
	wake   int // eventfd
	silent bool
	loop   *loop

	done  chan struct{} // closed when the loop has returned
	ended chan struct{} // closed when it did so by itself
	err   error         // why; set before ended is closed
	stop  sync.Once
}

// open attaches to both devices and prepares the loop. Nothing stays open when it
// fails.
func open(scene *testbed.Testbed, kind tun.Kind, f Faults, patience time.Duration, armed *atomic.Bool) (r *running, err error) {
	r = &running{wake: -1, silent: f.Silent, done: make(chan struct{}), ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
			r = nil
		}
	}()
	if r.a, err = attach(scene.A(), kind); err != nil {
		return r, err
	}
	if r.b, err = attach(scene.B(), kind); err != nil {
		return r, err
	}
	if r.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return r, fmt.Errorf("create eventfd: %w", err)
	}
	l := &line{faults: f, ethernet: kind == tun.TAP, patience: patience}
	r.loop = newLoop(r.a.Queues()[0], r.b.Queues()[0], r.wake, l, armed)
	return r, nil
}

func attach(end *testbed.End, kind tun.Kind) (*tun.Device, error) {
	return tun.Open(tun.Config{
		NetNS:     end.Attach.Namespace.Path(),
		Name:      end.Attach.Device,
		Kind:      kind,
		Queues:    1,
		MustExist: true,
	})
}

// run runs the loop to its end.
func (r *running) run(cpus []int) {
	defer close(r.done)
	if err := r.loop.run(cpus); err != nil {
		r.err = fmt.Errorf("the faulty forwarder ended: %w", err)
		close(r.ended)
	}
}

// Processes are none: it has none of its own.
func (r *running) Processes() []int { return nil }

// Sleeps says that it has nothing to do and holds no packet.
func (r *running) Sleeps() bool { return r.loop.rests() }

// Info says that packets come without vnet header, one by one.
func (r *running) Info() *results.DUT {
	return &results.DUT{OffloadAccepted: tun.OffloadNone.String(), VnetHdrLen: new(0), Queues: new(1)}
}

// Counters has the drops under DropReason, unless they are Silent.
func (r *running) Counters() (*forwarder.Stats, error) {
	p := &r.loop.published
	p.mu.Lock()
	defer p.mu.Unlock()
	drops := p.counts.Dropped
	if r.silent {
		drops = 0
	}
	return &forwarder.Stats{Workers: []forwarder.WorkerStats{
		{AToB: p.aToB.stats(drops), BToA: p.bToA.stats(0), Sleeps: p.sleeps},
	}}, nil
}

func (r *running) counts() Counts {
	p := &r.loop.published
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts
}

func (r *running) Ended() <-chan struct{} { return r.ended }

func (r *running) Err() error {
	select {
	case <-r.ended:
		return r.err
	default:
		return nil
	}
}

// Stop ends the loop and lets go of the devices. Packets that still wait are gone.
func (r *running) Stop() (err error) {
	r.stop.Do(func() {
		r.loop.stop.Store(true)
		one := []byte{1, 0, 0, 0, 0, 0, 0, 0}
		if _, err = unix.Write(r.wake, one); err != nil {
			err = fmt.Errorf("wake the faulty forwarder: %w", err)
			return
		}
		<-r.done
		err = r.close()
	})
	return err
}

// close closes what open opened, however far it came.
func (r *running) close() error {
	var errs []error
	for _, dev := range []*tun.Device{r.a, r.b} {
		if dev != nil {
			errs = append(errs, dev.Close())
		}
	}
	if r.wake >= 0 {
		errs = append(errs, unix.Close(r.wake))
	}
	return errors.Join(errs...)
}
