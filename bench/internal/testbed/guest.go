package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink"

	"golang.org/x/sys/unix"
	"tunbench/bench/internal/testbed/nic"

	"tunbench/forwarder/tun"
)

// wireGuest makes the TAP device that a guest's NIC has its queues of, in place of a veth pair to B.
func wireGuest(spaces map[role]*Namespace) error {
	ns := spaces[roleR]
	if err := ns.Do(func() error { return createDevice(routerDeviceB, tun.TAP, true) }); err != nil {
		return fmt.Errorf("create TAP device of the guest in %s: %w", ns.name, err)
	}
	return nil
}

// guestEnd is B where a guest is: its addresses are the guest's, its device is the TAP device on this side.
func guestEnd(ns *Namespace, ipv6 bool) (*End, error) {
	indexes, err := ns.indexes(routerDeviceB)
	if err != nil {
		return nil, err
	}
	plan := directLinks()[1]
	plan.device = routerDeviceB
	end := newEnd(ns, plan, ipv6)
	end.found(plan, indexes[0], true)
	return end, nil
}

// GuestMAC returns the hardware address that the NIC of a guest must have which is end B.
func GuestMAC() []byte { return macB() }

// Guest is end B from inside: the machine, or namespace, that this process is in.
type Guest struct{ end *End }

// JoinAsGuest makes this process's own network namespace end B of a scene that was built with the same Config, on the one
// device with GuestMAC, which it renames.
func JoinAsGuest(ctx context.Context, cfg Config) (*Guest, error) {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	g, err := join(ctx, &Namespace{name: "the guest", path: "/proc/self/ns/net", netlink: handle}, cfg)
	if err != nil {
		handle.Close()
		return nil, fmt.Errorf("join scene: %w", err)
	}
	return g, nil
}

func join(ctx context.Context, ns *Namespace, cfg Config) (*Guest, error) {
	if cfg.IPv6 && !hasIPv6() {
		return nil, &UnsupportedError{"IPv6", os.ErrNotExist}
	}
	plan := directLinks()[1]
	if err := ns.setSysctls(append(sceneSysctls(roleB, cfg), userSysctls(cfg.Sysctls, false)...)); err != nil {
		return nil, err
	}
	if err := ns.rename(string(GuestMAC()), plan.device); err != nil {
		return nil, err
	}
	if err := ns.setLoopbackUp(); err != nil {
		return nil, err
	}
	cfg.NAPI = false // the NIC is no veth device
	index, ethernet, err := ns.configure(plan, cfg)
	if err != nil {
		return nil, err
	}
	if err := ns.setSysctls(append(lateSysctls(roleB, cfg), userSysctls(cfg.Sysctls, true)...)); err != nil {
		return nil, err
	}
	end := newEnd(ns, plan, cfg.IPv6)
	end.found(plan, index, ethernet)
	for _, self := range plan.self.list(cfg.IPv6) {
		if err := ns.waitLocal(ctx, self); err != nil {
			return nil, err
		}
	}
	return &Guest{end}, ns.waitRunning(ctx, index)
}

// rename gives the device with a hardware address its name in a scene.
func (ns *Namespace) rename(mac, name string) error {
	links, err := nic.Whole(ns.netlink.LinkList)
	if err != nil {
		return fmt.Errorf("list devices: %w", err)
	}
	for _, link := range links {
		if string(link.Attrs().HardwareAddr) != mac || link.Attrs().Name == name {
			continue
		}
		if err := ns.netlink.LinkSetDown(link); err != nil {
			return fmt.Errorf("set device down: %w", err)
		}
		if err := ns.netlink.LinkSetName(link, name); err != nil {
			return fmt.Errorf("rename device: %w", err)
		}
	}
	return nil
}

// End is the end that was joined.
func (g *Guest) End() *End { return g.end }

// Counters reads those of the device and of the IP stack.
func (g *Guest) Counters() (link LinkCounters, stack Stack, err error) {
	if link, err = g.end.Namespace.counters(g.end.IfIndex); err != nil {
		return link, nil, err
	}
	stack, err = g.end.Namespace.readStack()
	return link, stack, err
}

// Close frees what the Guest holds; the device keeps its settings.
func (g *Guest) Close() { g.end.Namespace.netlink.Close() }

// OpenGuestQueues opens queues of the guest's TAP device, for QEMU: with a virtio_net_hdr on each packet, or without. The caller
// closes them.
func (t *Testbed) OpenGuestQueues(n int, vnetHdr bool) (queues []*os.File, err error) {
	flags := uint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_MULTI_QUEUE)
	if vnetHdr {
		flags |= unix.IFF_VNET_HDR
	}
	err = t.router.namespace.Do(func() error {
		for range n {
			f, err := openQueue(routerDeviceB, flags)
			if err != nil {
				return err
			}
			queues = append(queues, f)
		}
		return nil
	})
	if err != nil {
		for _, q := range queues {
			_ = q.Close()
		}
		return nil, fmt.Errorf("open queues of the guest's TAP device: %w", err)
	}
	return queues, nil
}

func openQueue(device string, flags uint16) (*os.File, error) {
	ifr, err := unix.NewIfreq(device)
	if err != nil {
		return nil, fmt.Errorf("name device %q: %w", device, err)
	}
	ifr.SetUint16(flags)
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		return nil, errors.Join(fmt.Errorf("set device (TUNSETIFF): %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), device), nil
}

// WaitGuest returns when the bridge has a carrier towards the guest, whose QEMU has opened its queues.
func (t *Testbed) WaitGuest(ctx context.Context) error {
	return t.b.Namespace.waitRunning(ctx, t.b.IfIndex)
}
