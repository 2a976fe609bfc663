package forwarder

import "golang.org/x/sys/unix"

// syncEngine makes a system call for every read and write. It has no state.
type syncEngine struct{}

func (syncEngine) exchange(ds []*direction) error {
	for _, d := range ds {
		if err := writeAll(d); err != nil {
			return err
		}
		if err := readUpTo(d, d.want); err != nil {
			return err
		}
	}
	return nil
}

// writeAll writes a direction's outputs one by one.
func writeAll(d *direction) error {
	for i := range d.outs {
		out := &d.outs[i]
		_, errno := d.dst.Writev(out.Iovs)
		if err := d.wrote(out, errno); err != nil {
			return err
		}
	}
	d.outs = d.outs[:0]
	return nil
}

// readUpTo reads until n packets are in memory or src is empty.
func readUpTo(d *direction, n int) error {
	for k := range n {
		length, errno := d.src.Readv(d.in.place(k))
		if err := d.arrived(k, length, errno); err != nil || errno == unix.EAGAIN {
			return err
		}
	}
	return nil
}

func (syncEngine) enable() error { return nil }

func (syncEngine) disable() error { return nil }

func (syncEngine) close() error { return nil }
