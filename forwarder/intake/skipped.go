package intake

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Skipped names what somebody set up at the egress of a device and packets that are taken would
// skip: a queueing discipline other than the kernel's default, a filter, an eBPF program. It is
// empty where there is nothing of the kind. The device is one of the calling thread's namespace.
//
// What the kernel itself attaches as a queueing discipline has no handle (0:), what somebody
// adds has one. Of those that net.core.default_qdisc may name, one that holds packets back counts
// too: they would be overtaken.
func Skipped(ifIndex int) (string, error) { return skipped(ifIndex, 0) }

// Skipped is [Skipped] for the device of the intake, whose own program does not count.
func (i *Intake) Skipped() (string, error) {
	info, err := i.program.Info()
	if err != nil {
		return "", fmt.Errorf("ask for the intake's program: %w", err)
	}
	own, _ := info.ID()
	return skipped(i.ifIndex, own)
}

func skipped(ifIndex int, own ebpf.ProgramID) (string, error) {
	for _, find := range []func() (string, error){
		func() (string, error) { return egressProgram(ifIndex, own) },
		func() (string, error) { return qdiscOrFilter(ifIndex) },
	} {
		if what, err := find(); what != "" || err != nil {
			return what, err
		}
	}
	return "", nil
}

// egressProgram names an eBPF program at the device's egress (TCX) that is not ours.
func egressProgram(ifIndex int, own ebpf.ProgramID) (string, error) {
	found, err := link.QueryPrograms(link.QueryOptions{Target: ifIndex, Attach: ebpf.AttachTCXEgress})
	switch {
	case errors.Is(err, unix.ENOENT): // nothing was ever attached
		return "", nil
	case err != nil:
		return "", fmt.Errorf("ask for eBPF programs at the device: %w", explain(err))
	}
	for _, p := range found.Programs {
		if p.ID != own {
			return fmt.Sprintf("an eBPF program (TCX egress, id %d)", p.ID), nil
		}
	}
	return "", nil
}

// whole is what a dump returns. One that a change of what it lists interrupted is made again, a few times.
func whole[T any](dump func() (T, error)) (all T, err error) {
	const attempts = 5
	for range attempts {
		if all, err = dump(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}

// plainQdiscs are those that a device may have by default and that only queue what cannot be
// sent at once.
var plainQdiscs = []string{"noqueue", "noop", "mq", "pfifo_fast", "pfifo", "fq_codel"}

// qdiscOrFilter names a queueing discipline or egress filter that is not the kernel's default.
func qdiscOrFilter(ifIndex int) (string, error) {
	device := &netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: ifIndex}}
	qdiscs, err := whole(func() ([]netlink.Qdisc, error) { return netlink.QdiscList(device) })
	if err != nil {
		return "", fmt.Errorf("ask for queueing disciplines: %w", err)
	}
	for _, qdisc := range qdiscs {
		attrs := qdisc.Attrs()
		switch {
		case attrs.LinkIndex != ifIndex || qdisc.Type() == "ingress":
		case attrs.Handle == 0 && slices.Contains(plainQdiscs, qdisc.Type()):
		case qdisc.Type() == "clsact":
			filters, err := whole(func() ([]netlink.Filter, error) { return netlink.FilterList(device, netlink.HANDLE_MIN_EGRESS) })
			if err != nil {
				return "", fmt.Errorf("ask for filters: %w", err)
			}
			if len(filters) > 0 {
				return fmt.Sprintf("a filter (clsact egress, %s)", filters[0].Type()), nil
			}
		default:
			return fmt.Sprintf("a queueing discipline (%s)", qdisc.Type()), nil
		}
	}
	return "", nil
}
