package nic

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"tunbench/forwarder/tun"
)

// ConfigError names the key of a Config that cannot be used as it is.
type ConfigError struct {
	Key   string // as in a description: mtu, addresses, …
	Value string // what it holds
	Want  string // what is allowed
}

func (e *ConfigError) Error() string { return fmt.Sprintf("%s %s: want %s", e.Key, e.Value, e.Want) }

// Check finds values that are not allowed for a device of that kind, or do not go together. The error is a *ConfigError.
func (c Config) Check(kind tun.Kind) error {
	for _, check := range []func(tun.Kind) error{c.checkLink, c.checkBridge, c.checkAddresses, c.checkRoutes} {
		if err := check(kind); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) checkLink(kind tun.Kind) error {
	const frames = "dev: tap, whose packets have Ethernet headers, or leave it out"
	switch {
	case c.MTU != 0 && (c.MTU < MinMTU || c.MTU > MaxMTU(kind)):
		return &ConfigError{"mtu", strconv.Itoa(c.MTU), fmt.Sprintf("%d to %d bytes", MinMTU, MaxMTU(kind))}
	case c.TxQueueLen < 0 || c.TxQueueLen > MaxTxQueueLen:
		return &ConfigError{"txqlen", strconv.Itoa(c.TxQueueLen), fmt.Sprintf("1 to %d packets", MaxTxQueueLen)}
	case c.MAC != nil && kind != tun.TAP:
		return &ConfigError{"mac", c.MAC.String(), frames}
	case c.Promiscuous != nil && *c.Promiscuous && kind != tun.TAP:
		return &ConfigError{"promiscuous", "true", frames}
	}
	return nil
}

func (c Config) checkBridge(kind tun.Kind) error {
	switch {
	case c.Bridge == "":
		return nil
	case CheckName(c.Bridge) != nil:
		return &ConfigError{"bridge", strconv.Quote(c.Bridge), "the name of a bridge"}
	case kind != tun.TAP:
		return &ConfigError{"bridge", c.Bridge, "dev: tap with it: a bridge takes Ethernet frames"}
	case len(c.Addresses) > 0:
		return &ConfigError{"addresses", c.Addresses[0].String(), "none on a member of a bridge: give them to the bridge"}
	case len(c.Routes) > 0:
		return &ConfigError{"routes", c.Routes[0].String(), "none by a member of a bridge: let them go by the bridge"}
	}
	return nil
}

func (c Config) checkAddresses(tun.Kind) error {
	for i, p := range c.Addresses {
		if p.Addr().Is6() && c.MTU != 0 && c.MTU < MinMTUIPv6 {
			return &ConfigError{"mtu", strconv.Itoa(c.MTU), fmt.Sprintf("%d or more for IPv6 (%v)", MinMTUIPv6, p)}
		}
		if slices.ContainsFunc(c.Addresses[:i], func(q netip.Prefix) bool { return q.Addr() == p.Addr() }) {
			return &ConfigError{"addresses", p.Addr().String(), "each address once"}
		}
	}
	return nil
}

func (c Config) checkRoutes(tun.Kind) error {
	for i, r := range c.Routes {
		if c.Up != nil && !*c.Up {
			return &ConfigError{"routes", r.String(), "up: true with it: a device that is down has no routes"}
		}
		if err := c.checkVia(r); err != nil {
			return err
		}
		if slices.ContainsFunc(c.Routes[:i], func(q Route) bool { return q.To == r.To && q.metric() == r.metric() }) {
			return &ConfigError{"routes", r.String(), "each network once, or with another metric"}
		}
	}
	return nil
}

// checkVia finds a router that cannot be reached by the addresses of the device, as far as they are known.
func (c Config) checkVia(r Route) error {
	via := r.Via
	if !via.IsValid() {
		return nil
	}
	if via.Is4() != r.To.Addr().Is4() {
		return &ConfigError{"routes.via", via.String(), "an address of the same family as " + r.To.String()}
	}
	reached := len(c.Addresses) == 0 || via.Is6() && via.IsLinkLocalUnicast()
	for _, own := range c.Addresses {
		if own.Addr() == via {
			return &ConfigError{"routes.via", via.String(), "the address of another host"}
		}
		reached = reached || own.Contains(via)
	}
	reached = reached || slices.ContainsFunc(c.Routes, func(q Route) bool { return !q.Via.IsValid() && q.To.Bits() > 0 && q.To.Contains(via) })
	if !reached {
		return &ConfigError{"routes.via", via.String(), "an address in a network of the device (see addresses)"}
	}
	return nil
}
