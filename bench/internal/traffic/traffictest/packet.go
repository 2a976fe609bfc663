package traffictest

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/wire"
)

// Packet describes a UDP packet byte by byte, with valid checksums.
type Packet struct {
	Ethernet bool
	IPv6     bool
	Options  int     // bytes of IPv4 options
	Partial  bool    // the UDP checksum is left to the device (CHECKSUM_PARTIAL)
	Dst      [4]byte // of IPv4
	Port     uint16
	Payload  []byte
}

// Build returns the bytes of the packet.
func (p Packet) Build() []byte {
	var b []byte
	if p.Ethernet {
		b = append(b, make([]byte, 12)...)
		if p.IPv6 {
			b = append(b, 0x86, 0xdd)
		} else {
			b = append(b, 0x08, 0x00)
		}
	}
	ip, addresses := p.ip()
	pseudo := slowSum(addresses) + unix.IPPROTO_UDP + uint32(wire.UDPLen+len(p.Payload))
	return append(append(b, ip...), p.udp(pseudo)...)
}

// ip returns the IP header and the part of it that has the addresses.
func (p Packet) ip() (header, addresses []byte) {
	l4 := wire.UDPLen + len(p.Payload)
	if p.IPv6 {
		ip := make([]byte, wire.IPv6Len)
		ip[0], ip[6], ip[7] = 0x60, unix.IPPROTO_UDP, 64
		binary.BigEndian.PutUint16(ip[4:], uint16(l4))
		for i := 8; i < wire.IPv6Len; i++ {
			ip[i] = byte(i)
		}
		return ip, ip[8:]
	}
	ip := make([]byte, wire.IPv4Len+p.Options)
	ip[0], ip[6], ip[8], ip[9] = 0x40|byte(len(ip)/4), 0x40, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+l4))
	copy(ip[12:], []byte{198, 18, 0, 1})
	copy(ip[16:], p.Dst[:])
	binary.BigEndian.PutUint16(ip[10:], ^wire.Fold(uint64(slowSum(ip))))
	return ip, ip[12:20]
}

// udp returns the datagram, given the sum of its pseudo-header.
func (p Packet) udp(pseudo uint32) []byte {
	b := binary.BigEndian.AppendUint16(nil, 1234)
	b = binary.BigEndian.AppendUint16(b, p.Port)
	b = binary.BigEndian.AppendUint16(b, uint16(wire.UDPLen+len(p.Payload)))
	b = append(append(b, 0, 0), p.Payload...)
	sum := wire.Fold(uint64(pseudo))
	if !p.Partial {
		sum = ^wire.Fold(uint64(pseudo + slowSum(b)))
	}
	binary.BigEndian.PutUint16(b[6:], sum)
	return b
}

// slowSum adds the 16-bit words of b, the obvious way.
func slowSum(b []byte) (sum uint32) {
	for i, x := range b {
		sum += uint32(x) << (8 * (1 - i%2))
	}
	return sum
}

// Stamped returns the payload of a superpacket whose segments of size bytes carry
// the given sequence numbers.
func Stamped(flow uint16, size int, intended uint64, seqs ...uint64) []byte {
	payload := make([]byte, size*len(seqs))
	for i, seq := range seqs {
		segment := payload[i*size : (i+1)*size]
		wire.Stamp{Flow: flow, Seq: seq, Intended: intended}.Put(segment)
		wire.FillPattern(segment[wire.StampLen:])
	}
	return payload
}

// PlainSum is the one's-complement sum of RFC 1071, word by word.
func PlainSum(b []byte) uint16 {
	var sum uint32
	for i, v := range b {
		sum += uint32(v) << (8 * (1 - i%2))
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
