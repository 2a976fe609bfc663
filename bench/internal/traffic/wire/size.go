package wire

import "net/netip"

// Lengths in bytes of what stands in front of a UDP payload: Ethernet without VLAN tag,
// IPv4 without options, IPv6 without extension headers.
const (
	EthernetLen = 14
	IPv4Len     = 20
	IPv6Len     = 40
	UDPLen      = 8
)

// HardwareAddrLen is the length in bytes of an Ethernet address.
const HardwareAddrLen = 6

// MinSizeIPv4 and MinSizeIPv6 are the lengths in bytes of the shortest IP packets that
// hold a stamp.
const (
	MinSizeIPv4 = IPv4Len + UDPLen + StampLen
	MinSizeIPv6 = IPv6Len + UDPLen + StampLen
)

// MaxSize is the length in bytes of the longest IP packet.
const MaxSize = 65535

// MaxFlows is the highest number of flows that an in-kernel generator makes and a sink
// tells apart. Each is 1 KiB of kernel memory of a sink.
const MaxFlows = 32768

// HeaderLen returns the bytes of IP and UDP header of a packet to addr.
func HeaderLen(addr netip.Addr) int {
	if addr.Is4() {
		return IPv4Len + UDPLen
	}
	return IPv6Len + UDPLen
}

// MinSize returns the length in bytes of the shortest IP packet to addr that holds a
// stamp.
func MinSize(addr netip.Addr) int { return HeaderLen(addr) + StampLen }
