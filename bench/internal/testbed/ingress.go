package testbed

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"

	"golang.org/x/sys/unix"
	"tunbench/bench/internal/testbed/nic"
)

// Ingress is an eBPF program that tc runs on all that a device receives: a filter that
// acts directly, of the qdisc clsact (tc-bpf(8)). Linux has this since 4.5, and TCX in its
// place since 6.6.
type Ingress struct {
	handle *netlink.Handle // a socket inside the namespace; nil after Close
	index  int
	filter *netlink.BpfFilter // nil before it was added
	// qdisc says that the device has its clsact because of programs attached here.
	qdisc bool
}

// ingressPriority is where the filters stand among others of the device: before all that
// was given no priority.
const ingressPriority = 1

// maxIngress is how many programs a device may have at once.
const maxIngress = 64

// AttachIngress has the program of that fd run on what the device receives. It must be
// called inside the device's namespace. Several programs of a device run in the order in
// which they were attached, for as long as they answer TC_ACT_UNSPEC. The name is the
// caller's own: by it one knows the programs of others. A kernel that cannot do it is an
// *UnsupportedError.
func AttachIngress(index, program int, name string) (_ *Ingress, err error) {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	in := &Ingress{handle: handle, index: index}
	if err = in.attach(program, name); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

func (in *Ingress) attach(program int, name string) error {
	switch err := in.handle.QdiscAdd(in.clsact()); {
	case err == nil:
		in.qdisc = true
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP):
		return &UnsupportedError{"qdisc clsact (CONFIG_NET_SCH_INGRESS)", err}
	case !errors.Is(err, unix.EEXIST):
		return fmt.Errorf("add qdisc clsact: %w", err)
	default:
		others, err := in.filters(netlink.HANDLE_MIN_INGRESS)
		if err != nil {
			return err
		}
		in.qdisc = slices.ContainsFunc(others, func(f netlink.Filter) bool {
			other, is := f.(*netlink.BpfFilter)
			return is && other.Name == name
		})
	}
	for number := uint32(1); ; number++ {
		filter := &netlink.BpfFilter{
			FilterAttrs: netlink.FilterAttrs{
				LinkIndex: in.index, Parent: netlink.HANDLE_MIN_INGRESS,
				Handle: number, Priority: ingressPriority, Protocol: unix.ETH_P_ALL,
			},
			Fd: program, Name: name, DirectAction: true,
		}
		switch err := in.handle.FilterAdd(filter); {
		case err == nil:
			in.filter = filter
			return nil
		case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP):
			return &UnsupportedError{"classifier bpf (CONFIG_NET_CLS_BPF)", err}
		case !errors.Is(err, unix.EEXIST) || number == maxIngress:
			return fmt.Errorf("add filter bpf: %w", err)
		}
	}
}

func (in *Ingress) clsact() *netlink.Clsact {
	return &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: in.index, Parent: netlink.HANDLE_CLSACT, Handle: netlink.MakeHandle(0xffff, 0),
	}}
}

// Close detaches the program. The qdisc goes with it, unless the device had it before or
// others have filters in it. It is idempotent, and no error when the device is gone.
func (in *Ingress) Close() error {
	if in.handle == nil {
		return nil
	}
	err := errors.Join(in.removeFilter(), in.removeQdisc())
	in.handle.Close()
	in.handle = nil
	return err
}

func (in *Ingress) removeFilter() error {
	if in.filter == nil {
		return nil
	}
	if err := in.handle.FilterDel(in.filter); err != nil && !isGone(err) {
		return fmt.Errorf("remove filter bpf: %w", err)
	}
	return nil
}

func (in *Ingress) removeQdisc() error {
	if !in.qdisc {
		return nil
	}
	for _, parent := range []uint32{netlink.HANDLE_MIN_INGRESS, netlink.HANDLE_MIN_EGRESS} {
		filters, err := in.filters(parent)
		if err != nil || len(filters) > 0 {
			return err
		}
	}
	if err := in.handle.QdiscDel(in.clsact()); err != nil && !isGone(err) {
		return fmt.Errorf("remove qdisc clsact: %w", err)
	}
	return nil
}

// filters lists those of a direction, nothing where the device is gone.
func (in *Ingress) filters(parent uint32) ([]netlink.Filter, error) {
	filters, err := nic.Whole(func() ([]netlink.Filter, error) { return in.handle.FilterList(linkOf(in.index), parent) })
	if err != nil && !isGone(err) {
		return nil, fmt.Errorf("list filters: %w", err)
	}
	return filters, nil
}

// isGone says that there is no such device, qdisc or filter any more.
func isGone(err error) bool {
	return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL)
}
