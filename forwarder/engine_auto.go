package forwarder

import "errors"

// The ring is for exchanges of at least so many reads or writes. Below that a system call
// for each is cheaper: reads end at the first that finds nothing, while all that are in the
// ring are tried.
const (
	ringReads  = 16
	ringWrites = 4
)

// autoEngine makes system calls while there is little to move, which has the shortest
// way, and goes through the ring when packets come in runs. Both leave nothing under
// way behind, so order is kept over every change. If the kernel refuses the ring, at first or
// at any time, system calls do.
type autoEngine struct {
	direct syncEngine
	ring   *uringEngine
	note   func(string)
	broken bool // the ring is of no more use
}

func (e *autoEngine) exchange(ds []*direction) error {
	for _, d := range ds {
		if !e.broken && (d.want >= ringReads || len(d.outs) >= ringWrites) {
			return e.exchangeByRing(ds)
		}
	}
	return e.direct.exchange(ds)
}

// exchangeByRing is exchange through the ring. If that is refused, what is still to be written
// is written directly, and the next exchange reads.
func (e *autoEngine) exchangeByRing(ds []*direction) error {
	err := e.ring.exchange(ds)
	if err == nil {
		return nil
	}
	var refused *submitError
	if !errors.As(err, &refused) {
		return err
	}
	e.giveUp(err)
	for i, d := range ds {
		d.outs = d.outs[refused.written[i]:]
		if err := writeAll(d); err != nil {
			return err
		}
	}
	return nil
}

func (e *autoEngine) giveUp(err error) {
	e.broken = true
	e.note("engine sync instead of auto: " + err.Error())
}

func (e *autoEngine) enable() error {
	if err := e.ring.enable(); err != nil {
		e.giveUp(err)
	}
	return nil
}

func (e *autoEngine) disable() error {
	if err := e.ring.disable(); err != nil && !e.broken {
		return err
	}
	return nil
}

func (e *autoEngine) close() error { return e.ring.close() }
