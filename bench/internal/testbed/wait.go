package testbed

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	waitPoll  = time.Millisecond
	waitLimit = 20 * time.Second // a busy machine starts a program in seconds
)

// errTimeout means that a state was not reached within waitLimit.
var errTimeout = errors.New("not so after " + waitLimit.String())

// WaitCarrier returns when the devices at both ends can transmit, those that a DUT
// attaches to, those of a router or bridge between them and those of the physical link: that
// is when it has attached to both; in topologies without such devices it is so from the
// beginning. It gives up after 20 s.
//
// A member of a bridge drops packets until the link watch has seen that the other end of its
// link is up again, and that can be after it has seen so of that end.
func (t *Testbed) WaitCarrier(ctx context.Context) error {
	for _, at := range t.passed() {
		if err := at.Namespace.waitRunning(ctx, at.IfIndex); err != nil {
			return err
		}
	}
	return nil
}

// waitRunning returns when a device can transmit. One that has a carrier only since
// just now takes packets and drops them, uncounted and without an error, until the
// kernel's link watch has run (noop_enqueue in net/sched/sch_generic.c).
func (ns *Namespace) waitRunning(ctx context.Context, index int) error {
	err := wait(ctx, func() (bool, error) { return ns.isRunning(index) })
	if err != nil {
		return fmt.Errorf("wait for carrier of device %d in %s: %w", index, ns.name, err)
	}
	return nil
}

// isRunning reports IFF_RUNNING: the device has a carrier and the kernel has acted
// upon it.
func (ns *Namespace) isRunning(index int) (bool, error) {
	link, err := ns.netlink.LinkByIndex(index)
	if err != nil {
		return false, err
	}
	return link.Attrs().RawFlags&unix.IFF_RUNNING != 0, nil
}

// HasCarrier reports whether the devices can transmit that WaitCarrier waits for.
func (t *Testbed) HasCarrier() (bool, error) {
	for _, at := range t.passed() {
		if running, err := at.Namespace.isRunning(at.IfIndex); !running || err != nil {
			return false, err
		}
	}
	return true, nil
}

// hasDevice reports whether there is a device of that name.
func (ns *Namespace) hasDevice(name string) (bool, error) {
	_, err := ns.netlink.LinkByName(name)
	if missing := (netlink.LinkNotFoundError{}); errors.As(err, &missing) {
		return false, nil
	}
	return err == nil, err
}

// waitLocal returns when the namespace accepts packets for its own address. With
// IPv6 the kernel adds the local route in a work item after the address, even when
// there is no duplicate address detection (addrconf_dad_work in net/ipv6/addrconf.c).
func (ns *Namespace) waitLocal(ctx context.Context, self netip.Addr) error {
	err := wait(ctx, func() (bool, error) { return ns.isLocal(self) })
	if err != nil {
		return fmt.Errorf("wait for local route of %s in %s: %w", self, ns.name, err)
	}
	return nil
}

func (ns *Namespace) isLocal(self netip.Addr) (bool, error) {
	routes, err := ns.netlink.RouteGet(self.AsSlice())
	if errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return len(routes) > 0 && routes[0].Type == unix.RTN_LOCAL, nil
}

// wait polls until the state is reached.
func wait(ctx context.Context, reached func() (bool, error)) error {
	for deadline := time.Now().Add(waitLimit); ; {
		if ok, err := reached(); ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return errTimeout
		}
		if err := sleep(ctx, waitPoll); err != nil {
			return err
		}
	}
}

// sleep waits for d unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
