package testbed

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// SetUp sets the end's device up or down.
func (e *End) SetUp(up bool) error {
	set := e.Namespace.netlink.LinkSetDown
	if up {
		set = e.Namespace.netlink.LinkSetUp
	}
	if err := set(linkOf(e.IfIndex)); err != nil {
		return fmt.Errorf("set device of %s up (%t): %w", e.Namespace.name, up, err)
	}
	return nil
}

// SetMTU changes the MTU of the end's device.
func (e *End) SetMTU(mtu int) error {
	if err := e.Namespace.netlink.LinkSetMTU(linkOf(e.IfIndex), mtu); err != nil {
		return fmt.Errorf("set MTU %d of the device of %s: %w", mtu, e.Namespace.name, err)
	}
	return nil
}

// DeleteDevice deletes the end's device. Nothing works at this end any more, and only Down
// is of use afterwards.
func (e *End) DeleteDevice() error {
	if err := e.Namespace.netlink.LinkDel(linkOf(e.IfIndex)); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("delete the device of %s: %w", e.Namespace.name, err)
	}
	return nil
}

// HasCarrier says whether the end's device can transmit: one of topology Devices can while
// somebody has a queue of it.
func (e *End) HasCarrier() (bool, error) { return e.Namespace.isRunning(e.IfIndex) }
