// Package netlink stands in for a fork that not every module proxy has: it is what nebula uses of it, from the package
// that was forked.
package netlink

import "github.com/vishvananda/netlink"

const FAMILY_ALL = netlink.FAMILY_ALL

type (
	Addr                  = netlink.Addr
	Destination           = netlink.Destination
	Link                  = netlink.Link
	Route                 = netlink.Route
	RouteSubscribeOptions = netlink.RouteSubscribeOptions
	RouteUpdate           = netlink.RouteUpdate
	Via                   = netlink.Via
)

var ErrDumpInterrupted = netlink.ErrDumpInterrupted

func AddrDel(link Link, addr *Addr) error { return netlink.AddrDel(link, addr) }

func AddrList(link Link, family int) ([]Addr, error) { return netlink.AddrList(link, family) }

func AddrReplace(link Link, addr *Addr) error { return netlink.AddrReplace(link, addr) }

func LinkByName(name string) (Link, error) { return netlink.LinkByName(name) }

func LinkSetIP6AddrGenMode(link Link, mode int) error {
	return netlink.LinkSetIP6AddrGenMode(link, mode)
}

func RouteDel(route *Route) error { return netlink.RouteDel(route) }

func RouteReplace(route *Route) error { return netlink.RouteReplace(route) }

func RouteSubscribeWithOptions(ch chan<- RouteUpdate, done <-chan struct{}, options RouteSubscribeOptions) error {
	return netlink.RouteSubscribeWithOptions(ch, done, options)
}
