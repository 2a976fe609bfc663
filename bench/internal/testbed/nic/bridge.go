package nic

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// ErrBridge says that what a device is to be a member of is not there, or is no bridge.
var ErrBridge = errors.New("no such bridge")

// Fits finds, before anything is changed, what of cfg does not fit the namespace at the path netns, which is the caller's if empty.
func Fits(netns string, cfg Config) error {
	return tun.InNamespace(netns, func() error {
		if cfg.Bridge == "" {
			return nil
		}
		handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("open netlink: %w", err)
		}
		defer handle.Close()
		_, err = findBridge(handle, cfg.Bridge)
		return err
	})
}

func findBridge(handle *netlink.Handle, name string) (*netlink.LinkAttrs, error) {
	const remedy = "make it (ip link add %[1]s type bridge; ip link set %[1]s up), or name one that is there"
	link, err := handle.LinkByName(name)
	switch {
	case errors.As(err, new(netlink.LinkNotFoundError)):
		return nil, fmt.Errorf("bridge %s: %w: "+remedy, name, ErrBridge)
	case err != nil:
		return nil, fmt.Errorf("find bridge %s: %w", name, err)
	case link.Type() != "bridge":
		return nil, fmt.Errorf("bridge %s: %w: it is a device of type %s: name a bridge", name, ErrBridge, link.Type())
	}
	return link.Attrs(), nil
}

func (s *Setting) setBridge(cfg Config, before *netlink.LinkAttrs) error {
	if cfg.Bridge == "" {
		return nil
	}
	bridge, err := findBridge(s.handle, cfg.Bridge)
	if err != nil {
		return err
	}
	if before.MasterIndex == bridge.Index {
		return nil
	}
	join := func() error { return s.handle.LinkSetMasterByIndex(s.device(), bridge.Index) }
	leave := func() error { return s.handle.LinkSetMasterByIndex(s.device(), before.MasterIndex) } // 0: nobody's
	return s.change("member of bridge "+cfg.Bridge, join, leave, func(now *netlink.LinkAttrs) bool { return now.MasterIndex == bridge.Index })
}
