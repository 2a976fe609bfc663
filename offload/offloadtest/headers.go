package offloadtest

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Lengths of headers, in bytes.
const (
	EthernetLen = 14
	VLANTagLen  = 4
	ipv4Len     = 20
	ipv6Len     = 40
	udpLen      = 8
	tcpLen      = 20
)

// The flags of TCP (RFC 9293; RFC 9768 for AE). CWR and below stand in one byte.
const (
	FIN = 1 << 0
	SYN = 1 << 1
	RST = 1 << 2
	PSH = 1 << 3
	ACK = 1 << 4
	URG = 1 << 5
	ECE = 1 << 6
	CWR = 1 << 7
	AE  = 1 << 8
)

// sum adds up 16-bit words (RFC 1071), an odd last byte as if a zero followed. The race detector, which
// would make it many times slower, leaves it out: it reads what its caller alone has.
//
//go:norace
func sum(b []byte, initial uint64) uint64 {
	for len(b) >= 8 { // words of 32 bits: fold brings their sum to 16 bits as well (RFC 1071, section 2)
		initial += uint64(binary.BigEndian.Uint32(b)) + uint64(binary.BigEndian.Uint32(b[4:]))
		b = b[8:]
	}
	for len(b) >= 2 {
		initial += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		initial += uint64(b[0]) << 8
	}
	return initial
}

// fold brings a sum to 16 bits.
func fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// pseudoSum adds up the pseudo header of the IP packet that starts with ip (RFC 9293,
// section 3.1; RFC 8200, section 8.1).
func pseudoSum(ip []byte, protocol uint8, l4Len int) uint64 {
	addresses := ip[12:20]
	if ip[0]>>4 == 6 {
		addresses = ip[8:40]
	}
	return sum(addresses, uint64(protocol)+uint64(l4Len))
}

// l4Checksum returns the checksum of what follows the IP headers; its own field must be
// zero.
func l4Checksum(ip []byte, l4 int, protocol uint8) uint16 {
	c := ^fold(sum(ip[l4:], pseudoSum(ip, protocol, len(ip)-l4)))
	if c == 0 && protocol == unix.IPPROTO_UDP {
		return 0xffff // zero would say that there is none (RFC 768)
	}
	return c
}

// SetL4Checksum writes the checksum of TCP or UDP into a packet whose headers start there.
func SetL4Checksum(packet []byte, l3, l4 int, protocol uint8) {
	field := packet[l4+csumPos(protocol):]
	field[0], field[1] = 0, 0
	binary.BigEndian.PutUint16(field, l4Checksum(packet[l3:], l4-l3, protocol))
}

func csumPos(protocol uint8) int {
	if protocol == unix.IPPROTO_UDP {
		return 6
	}
	return 16
}

// SetIPv4Checksum writes the checksum of the header that ip begins with.
func SetIPv4Checksum(ip []byte) {
	ip[10], ip[11] = 0, 0
	binary.BigEndian.PutUint16(ip[10:], ^fold(sum(ip[:ipv4HeaderLen(ip)], 0)))
}

func ipv4HeaderLen(ip []byte) int { return int(ip[0]&15) * 4 }
