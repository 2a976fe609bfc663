package testbed

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// bridgeDevice is the bridge of topology Bridge.
const bridgeDevice = "br0"

// wireBridge joins A and B by a bridge.
func wireBridge(spaces map[role]*Namespace, cfg Config) error {
	if err := wireRoute(spaces, cfg); err != nil {
		return err
	}
	ns := spaces[roleR]
	if err := ns.addBridge(bridgeDevice, cfg); err != nil {
		return err
	}
	for _, device := range routerDevices() {
		if err := ns.joinBridge(device, bridgeDevice, cfg); err != nil {
			return err
		}
		if err := ns.allowRedirect(device, cfg); err != nil {
			return err
		}
	}
	return nil
}

// addBridge makes a bridge without members. It forwards at once and sends nothing by itself:
// no spanning tree, no queries for groups.
func (ns *Namespace) addBridge(name string, cfg Config) error {
	if err := ns.noBridgeNetfilter(); err != nil {
		return err
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.NewLinkAttrs(), MulticastSnooping: new(false)}
	bridge.Name = name
	if err := ns.netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("create bridge in %s: %w", ns.name, err)
	}
	if err := ns.setUpQuietly(bridge, cfg); err != nil {
		return fmt.Errorf("configure bridge in %s: %w", ns.name, err)
	}
	return nil
}

// joinBridge makes a device a member of the bridge and sets it up.
func (ns *Namespace) joinBridge(device, bridge string, cfg Config) error {
	master, err := ns.netlink.LinkByName(bridge)
	if err != nil {
		return fmt.Errorf("find bridge %s in %s: %w", bridge, ns.name, err)
	}
	link, err := ns.netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("find device %s in %s: %w", device, ns.name, err)
	}
	if err := ns.netlink.LinkSetMaster(link, master); err != nil {
		return fmt.Errorf("add %s to the bridge: %w", device, err)
	}
	if err := ns.setUpQuietly(link, cfg); err != nil {
		return fmt.Errorf("configure device %s in %s: %w", device, ns.name, err)
	}
	return nil
}

// allowRedirect does what Config.NAPI asks for of a veth device that is up.
func (ns *Namespace) allowRedirect(device string, cfg Config) error {
	if !cfg.NAPI {
		return nil
	}
	return ns.enableNAPI(device)
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
