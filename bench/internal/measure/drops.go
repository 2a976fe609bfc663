package measure

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/drops"
	"tunbench/results"
)

// dropWatch asks the kernel why it dropped packets of the scene. A nil one watches
// nothing.
type dropWatch struct {
	reasons *drops.Reasons
	before  []drops.Count
}

func watchDrops(scene *testbed.Testbed) (*dropWatch, error) {
	spaces := map[string]uint64{}
	for name, ns := range map[string]*testbed.Namespace{
		"a": scene.A().Namespace, "b": scene.B().Namespace, "router": scene.Router(),
	} {
		if ns == nil {
			continue
		}
		inode, err := inodeOf(ns)
		if err != nil {
			return nil, err
		}
		spaces[name] = inode
	}
	reasons, err := drops.New(drops.Config{Namespaces: spaces})
	if err != nil {
		return nil, err
	}
	return &dropWatch{reasons: reasons}, nil
}

// watchDrops has open ask for reasons, or notes why there will be none: whatever it was, what is
// measured does not need them.
func (r *Rig) watchDrops(open func(*testbed.Testbed) (*dropWatch, error)) {
	var err error
	if r.drops, err = open(r.scene); err != nil {
		r.noDrops = fmt.Sprintf("--drop-reasons: no reason is known of any drop: %v", err)
	}
}

// noteDrops says in a record that reasons were asked for and why there are none.
func (r *Rig) noteDrops(t *results.Trial) {
	if r.noDrops == "" {
		return
	}
	if t.Sink == nil { // a load without one, such as TCP
		t.Sink = &results.Sink{}
	}
	t.Sink.Notes = append(slices.Clone(t.Sink.Notes), r.noDrops)
}

// inodeOf is the number by which the kernel knows a namespace.
func inodeOf(ns *testbed.Namespace) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Stat(ns.Path(), &stat); err != nil {
		return 0, fmt.Errorf("find namespace %s: %w", ns.Name(), os.NewSyscallError("stat", err))
	}
	return stat.Ino, nil
}

// mark makes what was dropped until now the beginning.
func (d *dropWatch) mark() (err error) {
	if d == nil {
		return nil
	}
	d.before, err = d.reasons.Read()
	return err
}

// report lists what was dropped since mark.
func (d *dropWatch) report() ([]results.DropReason, error) {
	if d == nil {
		return nil, nil
	}
	now, err := d.reasons.Read()
	if err != nil {
		return nil, err
	}
	type key struct{ namespace, reason string }
	before := map[key]uint64{}
	for _, c := range d.before {
		before[key{c.Namespace, c.Reason}] = c.Packets
	}
	var out []results.DropReason
	for _, c := range now {
		if n := c.Packets - before[key{c.Namespace, c.Reason}]; n > 0 {
			out = append(out, results.DropReason{Namespace: c.Namespace, Reason: c.Reason, Packets: int64(n)})
		}
	}
	return out, nil
}

func (d *dropWatch) close() error { return d.reasons.Close() }
