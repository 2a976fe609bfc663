package testbed

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// SetUp sets the device up or down that a DUT attaches to at this end.
func (e *End) SetUp(up bool) error {
	ns := e.Attach.Namespace
	set := ns.netlink.LinkSetDown
	if up {
		set = ns.netlink.LinkSetUp
	}
	if err := set(linkOf(e.Attach.IfIndex)); err != nil {
		return fmt.Errorf("set device %s of %s up (%t): %w", e.Attach.Device, ns.name, up, err)
	}
	if up && e.under != nil && e.Attach.Namespace == e.Namespace {
		return e.under.reroute()
	}
	return nil
}

// SetMTU changes the MTU of the end's own device, and that of all others on its side to what
// carries such packets.
func (e *End) SetMTU(mtu int) error {
	if e.under != nil {
		if err := e.under.SetMTU(mtu + VXLANOverhead); err != nil {
			return err
		}
		return e.Namespace.setMTU(e.IfIndex, mtu)
	}
	devices := append([]Attachment{{e.Namespace, e.Device, e.IfIndex}, e.Attach}, e.between...)
	for _, at := range devices {
		if err := at.Namespace.setMTU(at.IfIndex, mtu); err != nil {
			return err
		}
	}
	return nil
}

func (ns *Namespace) setMTU(index, mtu int) error {
	if err := ns.netlink.LinkSetMTU(linkOf(index), mtu); err != nil {
		return fmt.Errorf("set MTU %d of device %d in %s: %w", mtu, index, ns.name, err)
	}
	return nil
}

// DeleteDevice deletes the device that a DUT attaches to at this end. Nothing works here any
// more, and only Down is of use afterwards.
func (e *End) DeleteDevice() error {
	ns := e.Attach.Namespace
	if err := ns.netlink.LinkDel(linkOf(e.Attach.IfIndex)); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("delete device %s of %s: %w", e.Attach.Device, ns.name, err)
	}
	return nil
}

// HasCarrier says whether the device can transmit that a DUT attaches to at this end, or the
// end's own in topologies without any: it can while somebody has a queue of it.
func (e *End) HasCarrier() (bool, error) { return e.Attach.Namespace.isRunning(e.Attach.IfIndex) }
