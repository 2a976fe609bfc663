package testbed

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	waitPoll  = time.Millisecond
	waitLimit = 2 * time.Second
)

// errTimeout means that a state was not reached within waitLimit.
var errTimeout = errors.New("not so after " + waitLimit.String())

// WaitCarrier returns when the devices at both ends can transmit: for topology
// Devices that is when a DUT has attached to both. It gives up after 2 s.
func (t *Testbed) WaitCarrier(ctx context.Context) error {
	for _, end := range []*End{t.a, t.b} {
		if err := wait(ctx, end.isRunning); err != nil {
			return fmt.Errorf("wait for carrier of %s in %s: %w", end.Device, end.Namespace.Name(), err)
		}
	}
	return nil
}

// isRunning reports IFF_RUNNING: the device has a carrier and the kernel has acted
// upon it.
func (e *End) isRunning() (bool, error) {
	link, err := e.Namespace.netlink.LinkByIndex(e.IfIndex)
	if err != nil {
		return false, err
	}
	return link.Attrs().RawFlags&unix.IFF_RUNNING != 0, nil
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
