package plain

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// Config says where an end is.
type Config struct {
	Device string // name of the TUN or TAP device, which exists and is multi-queue
	Kind   tun.Kind
	Local  netip.Addr // on the physical link
	Peer   netip.Addr // the other end on the physical link
	Port   uint16     // of the first queue's socket, at both ends; those of the others follow
	Queues int        // as many as the other end has
	Batch  int        // packets that a worker moves at most before it serves the other direction
	UGSO   bool       // send with UDP_SEGMENT
	UGRO   bool       // receive with UDP_GRO
}

// End is one end of the tunnel. Run once; Close when Run has returned, or instead of it.
type End struct {
	device  *tun.Device
	workers []*worker
	wake    int // eventfd that ends all waits
	stop    atomic.Bool
}

// Open opens the device and the sockets. Nothing stays open when it fails.
func Open(cfg Config) (_ *End, err error) {
	if cfg.Batch < 1 {
		return nil, fmt.Errorf("open tunnel end: batch %d: want 1 or more", cfg.Batch)
	}
	e := &End{wake: -1}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open tunnel end: %w", err), e.Close())
		}
	}()
	if e.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	e.device, err = tun.Open(tun.Config{
		Name: cfg.Device, Kind: cfg.Kind, Queues: cfg.Queues, VnetHdr: true, Offload: tun.OffloadAll, MustExist: true,
	})
	if err != nil {
		return nil, err
	}
	for i, queue := range e.device.Queues() {
		socket, err := openSocket(cfg, cfg.Port+uint16(i))
		if err != nil {
			return nil, err
		}
		e.workers = append(e.workers, newWorker(cfg, queue, socket, e))
	}
	return e, nil
}

// Run forwards both ways until ctx is done (nil), or the device is gone or fails.
func (e *End) Run(ctx context.Context) error {
	// Each worker may hold a processor of the Go scheduler in a system call; the others are for all else.
	runtime.GOMAXPROCS(runtime.NumCPU() + len(e.workers))
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		e.end()
	})
	defer func() {
		if !stop() {
			<-told // Close closes what it writes to
		}
	}()
	errs := make([]error, len(e.workers))
	var running sync.WaitGroup
	for i, w := range e.workers {
		running.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			if errs[i] = w.run(); errs[i] != nil {
				e.end()
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// end makes all workers return.
func (e *End) end() {
	e.stop.Store(true)
	_, _ = unix.Write(e.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // it can only be full, and then it is readable
}

// Lost is what this end dropped, by reason.
func (e *End) Lost() map[string]uint64 {
	lost := map[string]uint64{}
	for _, w := range e.workers {
		for reason, n := range w.lost {
			lost[reason] += n
		}
	}
	return lost
}

// Close closes device and sockets.
func (e *End) Close() error {
	var errs []error
	for _, w := range e.workers {
		errs = append(errs, unix.Close(w.socket))
	}
	e.workers = nil
	if e.device != nil {
		errs = append(errs, e.device.Close())
	}
	if e.wake >= 0 {
		errs = append(errs, unix.Close(e.wake))
		e.wake = -1
	}
	return errors.Join(errs...)
}
