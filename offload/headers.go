package offload

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Headers says where the headers of an IP packet are, and what they name. All
// positions are bytes from the start of the packet, the Ethernet header included
// where there is one. It holds no reference to the packet.
type Headers struct {
	Version  uint8 // 4 or 6
	Protocol uint8 // IPPROTO_* behind the IP header and its extension headers
	Fragment bool  // an IP fragment, the first one or a later one

	L3      int // the IP header
	L4      int // what follows the IP header and its extension headers
	Payload int // what follows the TCP or UDP header; L4 for others and IP fragments
	End     int // where the IP packet ends; what follows is padding

	// L4Len is the length that the L4 header and its payload claim: the UDP
	// length field, which is at most End - L4 and 0 in a UDP jumbogram; otherwise
	// End - L4. A UDP packet where it is not End - L4 has bytes that no checksum
	// covers.
	L4Len int
}

// Sizes and positions inside the IP headers (RFC 791, RFC 8200).
const (
	ipv4MinHdrLen   = 20
	ipv4HdrLenUnit  = 4
	ipv4TotalLenPos = 2
	ipv4IDPos       = 4
	ipv4FragPos     = 6
	ipv4ProtocolPos = 9
	ipv4CheckPos    = 10
	ipv4AddrsPos    = 12
	ipv4AddrsLen    = 8

	ipv4FragMask = 0x3fff // more fragments, and the offset

	ipv6HdrLen         = 40
	ipv6PayloadLenPos  = 4
	ipv6NextHdrPos     = 6
	ipv6AddrsPos       = 8
	ipv6AddrsLen       = 32
	ipv6FragPos        = 2
	ipv6FragMask       = 0xfff9 // the offset, and more fragments
	ipv6ExtensionUnit  = 8
	ipv6AuthUnit       = 4 // RFC 4302: counted in 32-bit words, minus 2
	minIPv6ExtensionSz = 8
)

// Sizes and positions inside the L4 headers (RFC 9293, RFC 768).
const (
	udpHdrLen   = 8
	udpLenPos   = 4
	udpCheckPos = 6

	tcpMinHdrLen   = 20
	tcpSeqPos      = 4
	tcpDataOffPos  = 12 // upper four bits: header length in 32-bit words
	tcpDataOffUnit = 4
	tcpFlagsPos    = 13
	tcpCheckPos    = 16

	tcpFlagFIN = 0x01
	tcpFlagPSH = 0x08
	tcpFlagCWR = 0x80
)

// Sizes and positions inside an Ethernet frame (IEEE 802.3, 802.1Q).
const (
	ethernetHdrLen  = 14
	ethernetTypePos = 12
	vlanTagLen      = 4
	maxVLANTags     = 8 // VLAN_MAX_DEPTH in include/linux/if_vlan.h
)

// L3Offset returns where the IP header of an Ethernet frame begins: behind the
// Ethernet header and any 802.1Q or 802.1ad tags. The fault is FaultTruncated,
// FaultNotIP, or FaultVersion when the IP version is not that of the type field.
func L3Offset(frame []byte) (l3 int, f Fault) {
	pos := ethernetTypePos
	for range maxVLANTags + 1 {
		if len(frame) < pos+2 {
			return 0, FaultTruncated
		}
		etherType := binary.BigEndian.Uint16(frame[pos:])
		pos += 2
		switch etherType {
		case unix.ETH_P_IP:
			return pos, versionFault(frame[pos:], 4)
		case unix.ETH_P_IPV6:
			return pos, versionFault(frame[pos:], 6)
		case unix.ETH_P_8021Q, unix.ETH_P_8021AD:
			pos += vlanTagLen - 2
		default:
			return 0, FaultNotIP
		}
	}
	return 0, FaultNotIP
}

func versionFault(packet []byte, version uint8) Fault {
	switch {
	case len(packet) == 0:
		return FaultTruncated
	case packet[0]>>4 != version:
		return FaultVersion
	}
	return FaultNone
}

// Parse reads the headers of the packet whose IP header begins at l3: 0 on a TUN
// device, what L3Offset returned on a TAP device. It looks at lengths and
// positions only; no checksum is verified. After a fault h has no meaning.
func (h *Headers) Parse(packet []byte, l3 int) Fault {
	if uint(l3) >= uint(len(packet)) {
		return FaultTruncated
	}
	var f Fault
	switch packet[l3] >> 4 {
	case 4:
		f = h.parseIPv4(packet, l3)
	case 6:
		f = h.parseIPv6(packet, l3)
	default:
		return FaultNotIP
	}
	if f != FaultNone {
		return f
	}
	return h.parseL4(packet)
}

func (h *Headers) parseIPv4(packet []byte, l3 int) Fault {
	p := packet[l3:]
	if len(p) < ipv4MinHdrLen {
		return FaultTruncated
	}
	hdrLen := int(p[0]&0x0f) * ipv4HdrLenUnit
	total := int(binary.BigEndian.Uint16(p[ipv4TotalLenPos:]))
	switch {
	case hdrLen < ipv4MinHdrLen:
		return FaultIPv4Header
	case total == 0 || total > len(p):
		return FaultIPLength
	case hdrLen > total:
		return FaultIPv4Header
	}
	h.Version = 4
	h.Protocol = p[ipv4ProtocolPos]
	h.Fragment = binary.BigEndian.Uint16(p[ipv4FragPos:])&ipv4FragMask != 0
	h.L3, h.L4, h.End = l3, l3+hdrLen, l3+total
	return FaultNone
}

func (h *Headers) parseIPv6(packet []byte, l3 int) Fault {
	p := packet[l3:]
	if len(p) < ipv6HdrLen {
		return FaultTruncated
	}
	total := ipv6HdrLen + int(binary.BigEndian.Uint16(p[ipv6PayloadLenPos:]))
	if total > len(p) {
		return FaultIPLength
	}
	h.Version = 6
	h.Protocol = p[ipv6NextHdrPos]
	h.Fragment = false
	h.L3, h.L4, h.End = l3, l3+ipv6HdrLen, l3+total
	if h.Protocol == unix.IPPROTO_TCP || h.Protocol == unix.IPPROTO_UDP {
		return FaultNone
	}
	return h.skipExtensions(packet)
}

// skipExtensions moves L4 and Protocol behind the extension headers. The parts
// of an IP fragment are not looked at: only its first one has what the next
// header field names.
func (h *Headers) skipExtensions(packet []byte) Fault {
	for {
		unit, extra := ipv6ExtensionUnit, 1
		switch h.Protocol {
		case unix.IPPROTO_HOPOPTS:
			if h.End == h.L3+ipv6HdrLen {
				return FaultIPLength // a jumbogram (RFC 2675), too long for any tun
			}
		case unix.IPPROTO_ROUTING, unix.IPPROTO_DSTOPTS, unix.IPPROTO_FRAGMENT:
		case unix.IPPROTO_AH:
			unit, extra = ipv6AuthUnit, 2
		default:
			return FaultNone
		}
		ext := packet[h.L4:h.End]
		if len(ext) < minIPv6ExtensionSz {
			return FaultExtensions
		}
		length := (int(ext[1]) + extra) * unit
		if h.Protocol == unix.IPPROTO_FRAGMENT {
			length = minIPv6ExtensionSz
			h.Fragment = binary.BigEndian.Uint16(ext[ipv6FragPos:])&ipv6FragMask != 0
		}
		if length < minIPv6ExtensionSz || length > len(ext) {
			return FaultExtensions
		}
		h.Protocol = ext[0]
		h.L4 += length
		if h.Fragment {
			return FaultNone
		}
	}
}

func (h *Headers) parseL4(packet []byte) Fault {
	l4 := packet[h.L4:h.End]
	h.Payload, h.L4Len = h.L4, len(l4)
	if h.Fragment {
		return FaultNone
	}
	switch h.Protocol {
	case unix.IPPROTO_TCP:
		if len(l4) < tcpMinHdrLen {
			return FaultTruncated
		}
		hdrLen := int(l4[tcpDataOffPos]>>4) * tcpDataOffUnit
		if hdrLen < tcpMinHdrLen || hdrLen > len(l4) {
			return FaultTCPHeader
		}
		h.Payload += hdrLen
	case unix.IPPROTO_UDP:
		if len(l4) < udpHdrLen {
			return FaultTruncated
		}
		h.L4Len = int(binary.BigEndian.Uint16(l4[udpLenPos:]))
		if h.L4Len > len(l4) || (h.L4Len < udpHdrLen && h.L4Len != 0) {
			return FaultUDPLength
		}
		h.Payload += udpHdrLen
	}
	return FaultNone
}
