package testbed

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

const bridgeDevice = "br0"

// wireBridge joins A and B by a bridge. It forwards at once and sends nothing by itself: no
// spanning tree, no queries for groups.
func wireBridge(spaces map[role]*Namespace, cfg Config) error {
	if err := wireRoute(spaces, cfg); err != nil {
		return err
	}
	ns := spaces[roleR]
	if err := ns.noBridgeNetfilter(); err != nil {
		return err
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.NewLinkAttrs(), MulticastSnooping: new(false)}
	bridge.Name = bridgeDevice
	if err := ns.netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("create bridge in %s: %w", ns.name, err)
	}
	if err := ns.setUpQuietly(bridge, cfg); err != nil {
		return fmt.Errorf("configure bridge in %s: %w", ns.name, err)
	}
	for _, name := range []string{routerDeviceA, routerDeviceB} {
		device, err := ns.netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("find device %s in %s: %w", name, ns.name, err)
		}
		if err := ns.netlink.LinkSetMaster(device, bridge); err != nil {
			return fmt.Errorf("add %s to the bridge: %w", name, err)
		}
		if err := ns.setUpQuietly(device, cfg); err != nil {
			return fmt.Errorf("configure device %s in %s: %w", name, ns.name, err)
		}
	}
	return nil
}

// noBridgeNetfilter keeps netfilter's hooks for IP away from what is bridged: they would drop
// and trim packets (br_validate_ipv4 in net/bridge/br_netfilter_hooks.c). Most kernels have
// none unless a container engine has loaded them.
func (ns *Namespace) noBridgeNetfilter() error {
	var found []sysctl
	err := ns.Do(func() error {
		for _, name := range []string{"iptables", "ip6tables", "arptables"} {
			if s := (sysctl{"net.bridge.bridge-nf-call-" + name, "0"}); s.exists() {
				found = append(found, s)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for bridge netfilter in %s: %w", ns.name, err)
	}
	return ns.setSysctls(found)
}

// setUpQuietly sets a device up that needs no address.
func (ns *Namespace) setUpQuietly(link netlink.Link, cfg Config) error {
	if err := ns.netlink.LinkSetMulticastOff(link); err != nil {
		return fmt.Errorf("turn multicast off: %w", err)
	}
	if cfg.MTU != 0 {
		if err := ns.netlink.LinkSetMTU(link, cfg.MTU); err != nil {
			return fmt.Errorf("set MTU %d: %w", cfg.MTU, err)
		}
	}
	if err := ns.netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	return nil
}
