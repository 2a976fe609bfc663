package nic

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ErrRoute says that a route cannot be added next to the routes and addresses that are there.
var ErrRoute = errors.New("the route does not fit")

func (s *Setting) addRoutes(cfg Config, _ *netlink.LinkAttrs) error {
	for _, r := range cfg.Routes {
		switch err := s.handle.RouteAdd(s.route(r)); {
		case err == nil:
			s.did("route to "+r.String(), func() error { return s.handle.RouteDel(s.route(r)) })
		case errors.Is(err, unix.EEXIST):
			if err := s.isThere(r); err != nil {
				return err
			}
		case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EINVAL):
			return fmt.Errorf("add route to %v: %w: the device does not reach its router: give it an address in the router's network: %w", r, ErrRoute, err)
		default:
			return failed("add route to "+r.String(), err)
		}
	}
	return nil
}

func (s *Setting) route(r Route) *netlink.Route {
	// The metric is said also where it is the default: of IPv6 routes RouteDel would else take any (ip6_route_del, net/ipv6/route.c).
	route := &netlink.Route{LinkIndex: s.index, Dst: ipNet(r.To), Priority: r.metric(), Protocol: unix.RTPROT_STATIC}
	switch {
	case r.Via.IsValid():
		route.Gw = r.Via.AsSlice()
	case r.To.Addr().Is4():
		route.Scope = netlink.SCOPE_LINK
	}
	return route
}

// isThere returns nil if there is just this route already.
func (s *Setting) isThere(r Route) error {
	routes, err := s.routes(r.To.Addr())
	if err != nil {
		return err
	}
	same := func(q netlink.Route) bool {
		to, ok := prefixOf(q.Dst)
		via, _ := netip.AddrFromSlice(q.Gw)
		return ok && to == r.To && via.Unmap() == r.Via && q.Priority == r.metric()
	}
	if slices.ContainsFunc(routes, same) {
		return nil
	}
	return fmt.Errorf("add route to %v: %w: there is another one to this network (ip route show %v): remove that, or give this one another metric", r, ErrRoute, r.To)
}

// routes lists those of the main table that go by the device, of the family of an address.
func (s *Setting) routes(of netip.Addr) ([]netlink.Route, error) {
	family := netlink.FAMILY_V4
	if of.Is6() {
		family = netlink.FAMILY_V6
	}
	routes, err := Whole(func() ([]netlink.Route, error) {
		return s.handle.RouteListFiltered(family, &netlink.Route{LinkIndex: s.index}, netlink.RT_FILTER_OIF)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	return routes, nil
}
