package nic

import (
	"errors"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// Each of these errors says what is wanted in the place of a text.
var (
	errAddress = errors.New("want an address of one host with the length of its prefix, such as 10.0.0.1/24 or fd00::1/64")
	errTo      = errors.New("want a network without bits beyond its prefix, such as 10.1.0.0/16 or fd00:1::/48, or default")
	errVia     = errors.New("want the address of one router, such as 10.0.0.254")
	errMAC     = errors.New("want six bytes of one station, such as 02:00:00:00:00:0a, where the first is even")
	errName    = errors.New("want 1 to 15 bytes without slash, colon, percent sign or white space")
)

// ParseAddress reads an address that a device can have, with the length of its prefix.
func ParseAddress(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !ofOneHost(p.Addr()) || p.Bits() == 0 {
		return netip.Prefix{}, errAddress
	}
	return p, nil
}

// ParseVia reads the address of a router.
func ParseVia(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || !ofOneHost(a) {
		return netip.Addr{}, errVia
	}
	return a, nil
}

// ofOneHost reports whether an address can be that of a network card.
func ofOneHost(a netip.Addr) bool {
	return !a.Is4In6() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// ParseTo reads the destination of a route; default is all of IPv4, or of IPv6 where via is an address of that.
func ParseTo(text string, via netip.Addr) (netip.Prefix, error) {
	if text == "default" {
		if via.Is6() {
			return netip.PrefixFrom(netip.IPv6Unspecified(), 0), nil
		}
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() || p.Masked() != p || p.Addr().IsMulticast() {
		return netip.Prefix{}, errTo
	}
	return p, nil
}

// ParseMAC reads the hardware address of one station.
func ParseMAC(text string) (net.HardwareAddr, error) {
	const multicast = 1 // in the first byte: of a group
	mac, err := net.ParseMAC(text)
	if err != nil || len(mac) != 6 || mac[0]&multicast != 0 || strings.Trim(string(mac), "\x00") == "" {
		return nil, errMAC
	}
	return mac, nil
}

// CheckName finds what cannot be the name of a device that is there (dev_valid_name, net/core/dev.c).
func CheckName(name string) error {
	if name == "" || len(name) >= unix.IFNAMSIZ || name == "." || name == ".." || strings.ContainsAny(name, "/:% \t\n\v\f\r\x00") {
		return errName
	}
	return nil
}
