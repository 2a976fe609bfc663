package forwarder

// The ring is for exchanges of at least so many reads or writes. Below that a system call
// for each is cheaper: reads end at the first that finds nothing, while all that are in the
// ring are tried.
const (
	ringReads  = 16
	ringWrites = 4
)

// autoEngine makes system calls while there is little to move, which has the shortest
// way, and goes through the ring when packets come in runs. Both leave nothing under
// way behind, so order is kept over every change.
type autoEngine struct {
	direct syncEngine
	ring   *uringEngine
}

func (e *autoEngine) exchange(ds []*direction) error {
	for _, d := range ds {
		if d.want >= ringReads || len(d.outs) >= ringWrites {
			return e.ring.exchange(ds)
		}
	}
	return e.direct.exchange(ds)
}

func (e *autoEngine) enable() error { return e.ring.enable() }

func (e *autoEngine) disable() error { return e.ring.disable() }

func (e *autoEngine) close() error { return e.ring.close() }
