package testbed

import (
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

func wireDevices(spaces map[role]*Namespace, cfg Config) error {
	for _, r := range []role{roleA, roleB} {
		err := spaces[r].Do(func() error { return createDevice(endDevice, cfg.Kind, cfg.MultiQueue) })
		if err != nil {
			return fmt.Errorf("create %s device in %s: %w", cfg.Kind, spaces[r].Name(), err)
		}
	}
	return nil
}

// wireTunnel makes what the ends of the tunnel attach to, or the ends themselves where they are the kernel's. The
// physical link is there.
func wireTunnel(spaces map[role]*Namespace, cfg Config) error {
	if cfg.Driver == "" {
		return wireDevices(spaces, cfg)
	}
	return wireDriver(spaces, cfg.Driver)
}

func wireVeth(spaces map[role]*Namespace, _ Config) error {
	return createVeth(spaces[roleA], endDevice, spaces[roleB], endDevice)
}

func wireRoute(spaces map[role]*Namespace, cfg Config) error {
	if err := createVeth(spaces[roleA], endDevice, spaces[roleR], routerDeviceA); err != nil {
		return err
	}
	if cfg.Guest {
		return wireGuest(spaces)
	}
	return createVeth(spaces[roleB], endDevice, spaces[roleR], routerDeviceB)
}

// createDevice makes a TUN or TAP device without queues in the current namespace
// that stays until it or its namespace is deleted.
func createDevice(name string, kind tun.Kind, multiQueue bool) error {
	flags := uint16(unix.IFF_TUN)
	if kind == tun.TAP {
		flags = unix.IFF_TAP
	}
	flags |= unix.IFF_NO_PI | unix.IFF_TUN_EXCL
	if multiQueue {
		flags |= unix.IFF_MULTI_QUEUE
	}
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("name device %q: %w", name, err)
	}
	ifr.SetUint16(flags)

	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) {
		return &UnsupportedError{"TUN/TAP driver", err}
	}
	if err != nil {
		return fmt.Errorf("open /dev/net/tun: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		return fmt.Errorf("set device (TUNSETIFF): %w", err)
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		return fmt.Errorf("make device persistent (TUNSETPERSIST): %w", err)
	}
	return nil
}

// createVeth makes a veth pair with one device in each namespace.
func createVeth(from *Namespace, device string, to *Namespace, peer string) error {
	ns, err := os.Open(to.Path())
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err)
	}
	defer ns.Close()

	attrs := netlink.NewLinkAttrs()
	attrs.Name = device
	veth := netlink.NewVeth(attrs)
	veth.PeerName = peer
	veth.PeerNamespace = netlink.NsFd(int(ns.Fd()))
	err = from.netlink.LinkAdd(veth)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return &UnsupportedError{"veth driver", err}
	}
	if err != nil {
		return fmt.Errorf("create veth pair %s-%s: %w", from.Name(), to.Name(), err)
	}
	return nil
}
