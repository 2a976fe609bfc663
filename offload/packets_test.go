package offload

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// ipv4Header returns a header with a right checksum. options must be a multiple
// of four bytes long.
func ipv4Header(protocol uint8, options []byte, payloadLen int) []byte {
	h := []byte{
		0x45 + byte(len(options)/4), 0x28, 0, 0, // ECT(0) on top of AF11
		0xff, 0xfe, 0x40, 0, // an ID about to wrap, DF
		17, protocol, 0, 0,
		10, 1, 2, 3, 10, 200, 201, 202,
	}
	h = append(h, options...)
	binary.BigEndian.PutUint16(h[2:], uint16(len(h)+payloadLen))
	binary.BigEndian.PutUint16(h[10:], ^slowSum(h, 0))
	return h
}

// ipv6Header returns a header whose payload is the extension headers and
// payloadLen bytes more.
func ipv6Header(next uint8, extensions []byte, payloadLen int) []byte {
	h := []byte{0x62, 0x8a, 0xbc, 0xde, 0, 0, next, 17}
	h = append(h, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 1)
	h = append(h, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xcd, 2)
	binary.BigEndian.PutUint16(h[4:], uint16(len(extensions)+payloadLen))
	return append(h, extensions...)
}

// l4Header returns a TCP or UDP header, or nothing, before payloadLen bytes.
// Its checksum is 0.
func l4Header(protocol uint8, tcpOptions []byte, payloadLen int) []byte {
	switch protocol {
	case unix.IPPROTO_TCP:
		h := []byte{
			0x12, 0x34, 0, 80,
			0xff, 0xff, 0xff, 0x00, // a sequence number about to wrap
			1, 2, 3, 4,
			byte(5+len(tcpOptions)/4) << 4, 0x10, 0x7f, 0xff,
			0, 0, 0, 9,
		}
		return append(h, tcpOptions...)
	case unix.IPPROTO_UDP:
		h := []byte{0x12, 0x34, 0, 53, 0, 0, 0, 0}
		binary.BigEndian.PutUint16(h[4:], uint16(8+payloadLen))
		return h
	}
	return nil
}

// l4CheckAt is where the checksum is in a TCP or UDP header.
func l4CheckAt(protocol uint8) int {
	if protocol == unix.IPPROTO_TCP {
		return 16
	}
	return 6
}

// slowPseudo is the pseudo header sum of a packet whose L4 part has l4Len bytes.
func slowPseudo(packet []byte, l3 int, protocol uint8, l4Len int) uint16 {
	var b []byte
	if packet[l3]>>4 == 4 {
		b = append(b, packet[l3+12:l3+20]...)
	} else {
		b = append(b, packet[l3+8:l3+40]...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(l4Len))
	b = append(b, 0, protocol)
	return slowSum(b, 0)
}

// shape says what buildPacket makes.
type shape struct {
	link       []byte // before the IP header
	version    uint8
	ipOptions  []byte // IPv4
	next       uint8  // IPv6: the first extension header
	extensions []byte // IPv6; the last one must name protocol
	protocol   uint8
	tcpOptions []byte
	payload    int
}

// buildPacket returns a packet without an L4 checksum, and where L4 is.
func buildPacket(s shape) (packet []byte, l4 int) {
	l4Hdr := l4Header(s.protocol, s.tcpOptions, s.payload)
	packet = append(packet, s.link...)
	if s.version == 4 {
		packet = append(packet, ipv4Header(s.protocol, s.ipOptions, len(l4Hdr)+s.payload)...)
	} else {
		next := s.protocol
		if len(s.extensions) > 0 {
			next = s.next
		}
		packet = append(packet, ipv6Header(next, s.extensions, len(l4Hdr)+s.payload)...)
	}
	l4 = len(packet)
	packet = append(packet, l4Hdr...)
	for i := range s.payload {
		packet = append(packet, byte(i*7+i>>8))
	}
	return packet, l4
}

// complete fills in the whole L4 checksum.
func complete(packet []byte, l3, l4 int, protocol uint8) {
	at := l4 + l4CheckAt(protocol)
	binary.BigEndian.PutUint16(packet[at:], 0)
	sum := ^slowSum(packet[l4:], slowPseudo(packet, l3, protocol, len(packet)-l4))
	if sum == 0 && protocol == unix.IPPROTO_UDP {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(packet[at:], sum)
}

// plainPacket returns a packet with a whole checksum and no options.
func plainPacket(version, protocol uint8, payload int) []byte {
	packet, l4 := buildPacket(shape{version: version, protocol: protocol, payload: payload})
	if protocol == unix.IPPROTO_TCP || protocol == unix.IPPROTO_UDP {
		complete(packet, 0, l4, protocol)
	}
	return packet
}

// fragmented makes the first fragment out of an IPv4 packet.
func fragmented(packet []byte) []byte {
	binary.BigEndian.PutUint16(packet[6:], 0x2000)
	binary.BigEndian.PutUint16(packet[10:], 0)
	binary.BigEndian.PutUint16(packet[10:], ^slowSum(packet[:20], 0))
	return packet
}
