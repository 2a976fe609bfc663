package measure

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/results"
)

// dropWatch asks the kernel why it dropped packets of the scene. A nil one watches
// nothing.
type dropWatch struct {
	reasons *traffic.DropReasons
	before  []traffic.DropCount
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
	reasons, err := traffic.NewDropReasons(traffic.DropReasonsConfig{Namespaces: spaces})
	if err != nil {
		return nil, err
	}
	return &dropWatch{reasons: reasons}, nil
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
