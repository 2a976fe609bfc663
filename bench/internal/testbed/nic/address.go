package nic

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// ipNet is a prefix as netlink's library has it.
func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// prefixOf is the reverse of ipNet; false where there is no network.
func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	addr, ok := netip.AddrFromSlice(n.IP)
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(addr.Unmap(), bits), ok
}

func (s *Setting) addAddresses(cfg Config, _ *netlink.LinkAttrs) error {
	if len(cfg.Addresses) == 0 {
		return nil
	}
	found, err := Whole(func() ([]netlink.Addr, error) { return s.handle.AddrList(s.device(), netlink.FAMILY_ALL) })
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, p := range cfg.Addresses {
		there := slices.ContainsFunc(found, func(a netlink.Addr) bool {
			q, ok := prefixOf(a.IPNet)
			return ok && q == p
		})
		if there {
			continue
		}
		if err := s.handle.AddrAdd(s.device(), &netlink.Addr{IPNet: ipNet(p)}); err != nil {
			return failedAddress(p, err)
		}
		s.did("address "+p.String(), func() error { return s.handle.AddrDel(s.device(), &netlink.Addr{IPNet: ipNet(p)}) })
	}
	return nil
}

func failedAddress(p netip.Prefix, err error) error {
	what := "add address " + p.String()
	if p.Addr().Is6() && (errors.Is(err, unix.EACCES) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EAFNOSUPPORT)) {
		return &tun.UnsupportedError{
			Missing: "IPv6 on the device", Remedy: "turn it on (sysctl net.ipv6.conf.all.disable_ipv6=0), or leave the address out",
			Err: fmt.Errorf("%s: %w", what, err),
		}
	}
	return failed(what, err)
}
