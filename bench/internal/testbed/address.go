package testbed

import (
	"net"
	"net/netip"
)

// addrs is one place's address in both families.
type addrs struct{ v4, v6 netip.Addr }

// list returns the addresses that are in use.
func (a addrs) list(ipv6 bool) []netip.Addr {
	if ipv6 {
		return []netip.Addr{a.v4, a.v6}
	}
	return []netip.Addr{a.v4}
}

// The addresses come from the benchmark ranges 198.18.0.0/15 (RFC 2544, appendix
// C.2.2) and 2001:2::/48 (RFC 5180, section 8), so that none is anybody's.

func addrsA() addrs       { return mustAddrs("198.18.0.1", "2001:2:0:a::1") }
func addrsB() addrs       { return mustAddrs("198.18.1.1", "2001:2:0:b::1") }
func addrsBehindA() addrs { return mustAddrs("198.18.0.2", "2001:2:0:a::2") }
func addrsBehindB() addrs { return mustAddrs("198.18.1.2", "2001:2:0:b::2") }
func addrsWireA() addrs   { return mustAddrs("198.18.3.1", "2001:2:0:c::1") }
func addrsWireB() addrs   { return mustAddrs("198.18.3.2", "2001:2:0:c::2") }
func addrsRouterA() addrs { return mustAddrs("198.18.0.254", "2001:2:0:a::fe") }
func addrsRouterB() addrs { return mustAddrs("198.18.1.254", "2001:2:0:b::fe") }

func mustAddrs(v4, v6 string) addrs {
	return addrs{netip.MustParseAddr(v4), netip.MustParseAddr(v6)}
}

// localMAC returns a locally administered unicast address that ends in last.
func localMAC(last byte) net.HardwareAddr {
	return net.HardwareAddr{0x02, 't', 'b', 0, 0, last}
}

// The hardware addresses are fixed, so that every run looks the same on the wire.

func macA() net.HardwareAddr       { return localMAC(0x0a) }
func macB() net.HardwareAddr       { return localMAC(0x0b) }
func macRouterA() net.HardwareAddr { return localMAC(0xfa) }
func macRouterB() net.HardwareAddr { return localMAC(0xfb) }

// hostPrefix returns the prefix that holds only a.
func hostPrefix(a netip.Addr) *net.IPNet {
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())}
}
