package nic

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// Setting is a device that was set, and what takes that back. It is for one goroutine.
type Setting struct {
	handle *netlink.Handle // a socket in the namespace of the device; nil after Undo
	index  int
	done   []change
}

// change is one thing that was changed.
type change struct {
	what string
	undo func() error
}

// Apply sets the device with that interface index in the namespace at the path netns, which is the caller's if empty. What is already as cfg
// says is left alone, and needs no permission. Nothing stays changed when it fails. The error is ErrBridge or ErrRoute where cfg does not fit
// what is there, and a *tun.UnsupportedError where this host or user cannot. cfg must have been checked.
func Apply(netns string, index int, cfg Config) (*Setting, error) {
	s := &Setting{index: index}
	err := tun.InNamespace(netns, func() (err error) {
		s.handle, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	if err := s.apply(cfg); err != nil {
		return nil, errors.Join(err, s.Undo())
	}
	return s, nil
}

func (s *Setting) apply(cfg Config) error {
	before, err := s.link()
	if err != nil {
		return fmt.Errorf("read link: %w", err)
	}
	steps := []func(Config, *netlink.LinkAttrs) error{
		s.keep, s.setDown, s.setMAC, s.setMTU, s.setTxQueueLen, s.setPromiscuous, s.setBridge, s.setUp, s.addAddresses, s.addRoutes,
	}
	for _, step := range steps {
		if err := step(cfg, before); err != nil {
			return err
		}
	}
	return nil
}

// did remembers a change that was made.
func (s *Setting) did(what string, undo func() error) {
	s.done = append(s.done, change{what, undo})
}

// Undo takes back every change, the last one first, unless somebody has changed the same thing since. A device that is gone is no error. It may
// be called again.
func (s *Setting) Undo() error {
	if s.handle == nil {
		return nil
	}
	var errs []error
	for _, c := range slices.Backward(s.done) {
		if err := c.undo(); err != nil && !isGone(err) {
			errs = append(errs, fmt.Errorf("take back %s: %w", c.what, err))
		}
	}
	s.handle.Close()
	s.handle, s.done = nil, nil
	return errors.Join(errs...)
}

// link reads the device.
func (s *Setting) link() (*netlink.LinkAttrs, error) {
	link, err := s.handle.LinkByIndex(s.index)
	if err != nil {
		return nil, err
	}
	return link.Attrs(), nil
}

// device is the handle of the device for calls that go by its index.
func (s *Setting) device() netlink.Link {
	return &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: s.index}}
}

// isGone says that there is no such device, address or route any more.
func isGone(err error) bool {
	return errors.As(err, new(netlink.LinkNotFoundError)) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EADDRNOTAVAIL)
}

// failed says what could not be done, and what is missing where that is a permission.
func failed(what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	if errors.Is(err, unix.EPERM) {
		return &tun.UnsupportedError{
			Missing: "CAP_NET_ADMIN in the network namespace of the device",
			Remedy:  "run as root, or have root set the device beforehand (what is as it should be is left alone)",
			Err:     err,
		}
	}
	return err
}
