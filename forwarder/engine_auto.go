package forwarder

// ringFrom is how many reads or writes one exchange must have for the ring to be
// cheaper than as many system calls.
const ringFrom = 4

// autoEngine makes system calls while there is little to move, which has the shortest
// way, and goes through the ring when packets come in runs. Both leave nothing under
// way behind, so order is kept over every change.
type autoEngine struct {
	direct syncEngine
	ring   *uringEngine
}

func (e *autoEngine) exchange(ds []*direction) error {
	for _, d := range ds {
		if d.want >= ringFrom || len(d.outs) >= ringFrom {
			return e.ring.exchange(ds)
		}
	}
	return e.direct.exchange(ds)
}

func (e *autoEngine) enable() error { return e.ring.enable() }

func (e *autoEngine) close() error { return e.ring.close() }
