package forwarder

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/ringbuf"
)

// maxRing bounds the entries of a ring: larger ones are walked in parts.
const maxRing = 1024

// uringEngine moves a batch of packets with one system call: the writes of the last
// batch and the reads of the next, of both directions, in one submission.
type uringEngine struct {
	ring    *ringbuf.URing
	written []int // in this exchange, by direction: outputs, in order
}

// submitError says that the kernel no longer takes what is in the ring. Nothing is under way.
type submitError struct {
	err     error
	written []int // by direction: outputs that were written before, in order
}

func (e *submitError) Error() string { return fmt.Sprintf("submit to io_uring: %v", e.err) }

func (e *submitError) Unwrap() error { return e.err }

// What an operation's number says: direction, kind and place in the batch.
const (
	opIndexBits = 16
	opWriteBit  = 1 << opIndexBits
	opDirBit    = 2 << opIndexBits
	opIndexMask = 1<<opIndexBits - 1
)

// newURingEngine makes a ring for the queues. Direction i reads from file i.
func newURingEngine(sources []*tun.Queue, batch int) (*uringEngine, error) {
	if !tun.TakesNowait() {
		return nil, fmt.Errorf("%w: this kernel's TUN driver does not take RWF_NOWAIT, which io_uring needs (it came after Linux 6.1)", ErrUnsupported)
	}
	files := make([]int, len(sources))
	for i, q := range sources {
		files[i] = q.FD()
	}
	ring, err := ringbuf.NewURing(ringbuf.URingConfig{Entries: min(4*batch, maxRing), Files: files})
	if err != nil {
		if errors.Is(err, ringbuf.ErrUnsupported) {
			err = fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		return nil, fmt.Errorf("make io_uring: %w", err)
	}
	return &uringEngine{ring: ring, written: make([]int, len(sources))}, nil
}

func (e *uringEngine) exchange(ds []*direction) error {
	clear(e.written)
	for i, d := range ds {
		for k := range d.outs {
			if err := e.makeRoom(ds); err != nil {
				return err
			}
			e.ring.Writev(i^1, d.outs[k].Iovs, 0, uint64(i*opDirBit|opWriteBit|k))
		}
		for k := range d.want {
			if err := e.makeRoom(ds); err != nil {
				return err
			}
			iov := d.in.place(k)
			// RWF_NOWAIT: O_NONBLOCK alone would arm a poll for every empty read.
			e.ring.Read(i, iov[0].Base, int(iov[0].Len), unix.RWF_NOWAIT, uint64(i*opDirBit|k))
		}
	}
	if err := e.submit(ds); err != nil {
		return err
	}
	for _, d := range ds {
		d.outs = d.outs[:0]
	}
	return nil
}

func (e *uringEngine) makeRoom(ds []*direction) error {
	if e.ring.Room() > 0 {
		return nil
	}
	return e.submit(ds)
}

// submit has the kernel do what is in the ring and tells the directions what came of it.
func (e *uringEngine) submit(ds []*direction) error {
	refused := e.ring.Submit()
	var failed error
	for {
		op, result, ok := e.ring.Next()
		if !ok {
			break
		}
		d, k := ds[op/opDirBit], int(op&opIndexMask)
		var err error
		if op&opWriteBit != 0 {
			e.written[op/opDirBit]++
			err = d.wrote(&d.outs[k], errnoOf(result))
		} else {
			err = d.arrived(k, max(result, 0), errnoOf(result))
		}
		if failed == nil {
			failed = err
		}
	}
	e.ring.Done()
	switch {
	case failed != nil:
		return failed
	case refused != nil && e.ring.Pending() > 0:
		return fmt.Errorf("submit to io_uring: %w, with %d operations under way", refused, e.ring.Pending())
	case refused != nil:
		return &submitError{refused, e.written}
	}
	return nil
}

// errnoOf is the errno of a completion's result.
func errnoOf(result int) syscall.Errno {
	if result < 0 {
		return syscall.Errno(-result)
	}
	return 0
}

func (e *uringEngine) enable() error { return e.ring.Enable() }

func (e *uringEngine) disable() error { return e.ring.Disable() }

func (e *uringEngine) close() error { return e.ring.Close() }
