package faulty

import "encoding/binary"

// Lengths, places and values in the headers: IEEE 802.3, RFC 791, RFC 8200, RFC 768.
const (
	ethernetLen = 14

	ipv4MinLen     = 20
	ipv4FragmentAt = 6
	ipv4ProtocolAt = 9
	ipv6Len        = 40
	ipv6NextAt     = 6

	udpLen    = 8
	udpDstAt  = 2
	protoUDP  = 17
	fragments = 0x3fff // more fragments, or not the first
)

// udpPayload returns the destination port of a UDP packet and where its payload
// begins. ok is false for anything else, IPv6 with extension headers included.
func udpPayload(packet []byte, ethernet bool) (port uint16, at int, ok bool) {
	if ethernet {
		at = ethernetLen
	}
	headerLen, ok := ipHeaderLen(packet[min(at, len(packet)):])
	if at += headerLen; !ok || len(packet) < at+udpLen {
		return 0, 0, false
	}
	return binary.BigEndian.Uint16(packet[at+udpDstAt:]), at + udpLen, true
}

// ipHeaderLen returns the length of the header in front of UDP, if that is what the
// IP packet holds.
func ipHeaderLen(ip []byte) (length int, ok bool) {
	if len(ip) < ipv4MinLen {
		return 0, false
	}
	switch version := ip[0] >> 4; {
	case version == 4:
		whole := binary.BigEndian.Uint16(ip[ipv4FragmentAt:])&fragments == 0
		return int(ip[0]&0xf) * 4, whole && ip[ipv4ProtocolAt] == protoUDP
	case version == 6 && len(ip) >= ipv6Len:
		return ipv6Len, ip[ipv6NextAt] == protoUDP
	}
	return 0, false
}
