package offloadtest

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// Headers is where the headers of an IP packet start and what they are.
type Headers struct {
	L3, L4   int   // L4: behind the IP header and its extensions
	Version  int   // 4 or 6
	Protocol uint8 // of L4
	Atomic   bool  // never fragmented, on no part of the way: IPv4 with DF, and IPv6
	Fragment bool  // a part of a datagram
	HasL4    bool  // the header of TCP or UDP is there
}

// Parse finds the headers of a packet. ok is false where there is no whole IP header.
func Parse(packet []byte, ethernet bool) (h Headers, ok bool) {
	h.L3 = l3Start(packet, ethernet)
	if h.L3 >= len(packet) {
		return h, false
	}
	ip := packet[h.L3:]
	switch h.Version = int(ip[0] >> 4); {
	case h.Version == 4 && len(ip) >= ipv4Len && ipv4HeaderLen(ip) >= ipv4Len && ipv4HeaderLen(ip) <= len(ip):
		fragment := binary.BigEndian.Uint16(ip[6:])
		h.L4, h.Protocol = h.L3+ipv4HeaderLen(ip), ip[9]
		h.Atomic, h.Fragment = fragment == ipv4DF, fragment&^ipv4DF != 0
	case h.Version == 6 && len(ip) >= ipv6Len:
		h.L4, h.Protocol, h.Atomic = h.L3+ipv6Len, ip[6], true
		h.passExtensions(packet)
	default:
		return h, false
	}
	length := map[uint8]int{unix.IPPROTO_TCP: tcpLen, unix.IPPROTO_UDP: udpLen}[h.Protocol]
	h.HasL4 = length > 0 && !h.Fragment && h.L4+length <= len(packet)
	return h, true
}

// ipv4DF is the word that has the fragment offset, of a packet that says "do not fragment".
const ipv4DF = 0x4000

// passExtensions goes on to what follows the extension headers, as far as the packet has them.
func (h *Headers) passExtensions(packet []byte) {
	extensions := []uint8{unix.IPPROTO_HOPOPTS, unix.IPPROTO_DSTOPTS, unix.IPPROTO_ROUTING, unix.IPPROTO_FRAGMENT}
	for slices.Contains(extensions, h.Protocol) && h.L4+8 <= len(packet) {
		length := 8 * (1 + int(packet[h.L4+1]))
		if h.Protocol == unix.IPPROTO_FRAGMENT {
			h.Atomic, h.Fragment, length = false, true, 8
		}
		h.Protocol, h.L4 = packet[h.L4], h.L4+length
	}
}

// l3Start returns where the IP header of a packet starts: behind the Ethernet header and
// its VLAN tags.
func l3Start(packet []byte, ethernet bool) int {
	if !ethernet {
		return 0
	}
	at := EthernetLen
	for len(packet) >= at && (binary.BigEndian.Uint16(packet[at-2:]) == unix.ETH_P_8021Q || binary.BigEndian.Uint16(packet[at-2:]) == unix.ETH_P_8021AD) {
		at += VLANTagLen
	}
	return at
}
