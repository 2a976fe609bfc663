package nic

import (
	"errors"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// keep remembers addresses and routes of the device that the kernel throws away when cfg is applied, to give them back: all routes and IPv6
// addresses of a device that goes down, and whatever is IPv6 below its smallest MTU (addrconf_notify, net/ipv6/addrconf.c).
func (s *Setting) keep(cfg Config, before *netlink.LinkAttrs) error {
	goesDown := cfg.Up != nil && !*cfg.Up && isUp(before)
	small := cfg.MTU != 0 && cfg.MTU < MinMTUIPv6 && before.MTU >= MinMTUIPv6
	if !goesDown && !small {
		return nil
	}
	addresses, err := Whole(func() ([]netlink.Addr, error) { return s.handle.AddrList(s.device(), netlink.FAMILY_ALL) })
	if err != nil {
		return failed("list addresses", err)
	}
	var routes []netlink.Route
	for _, family := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		some, err := s.routes(family)
		if err != nil {
			return err
		}
		routes = append(routes, some...)
	}
	s.did("what went with it", func() error { return s.giveBack(addresses, routes) })
	return nil
}

// giveBack adds what is missing. The kernel makes some of it by itself.
func (s *Setting) giveBack(addresses []netlink.Addr, routes []netlink.Route) error {
	var errs []error
	add := func(err error) {
		if err != nil && !errors.Is(err, unix.EEXIST) {
			errs = append(errs, err)
		}
	}
	for _, a := range addresses {
		byKernel := a.Scope == unix.RT_SCOPE_LINK && a.IP.To4() == nil
		if passing := a.Flags&unix.IFA_F_PERMANENT == 0; !byKernel && !passing {
			add(s.handle.AddrAdd(s.device(), &netlink.Addr{IPNet: a.IPNet, Label: a.Label, Scope: a.Scope, Peer: a.Peer, Broadcast: a.Broadcast}))
		}
	}
	for _, r := range routes {
		if r.Protocol != unix.RTPROT_KERNEL && r.Protocol != unix.RTPROT_RA {
			r.Flags &^= int(unix.RTNH_F_DEAD | unix.RTNH_F_LINKDOWN)
			add(s.handle.RouteAdd(&r))
		}
	}
	return errors.Join(errs...)
}
