package traffic

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// packetSpec describes a UDP packet byte by byte, with valid checksums.
type packetSpec struct {
	ethernet bool
	ipv6     bool
	options  int     // bytes of IPv4 options
	partial  bool    // the UDP checksum is left to the device (CHECKSUM_PARTIAL)
	dst      [4]byte // of IPv4
	port     uint16
	payload  []byte
}

func (p packetSpec) build() []byte {
	var b []byte
	if p.ethernet {
		b = append(b, make([]byte, 12)...)
		if p.ipv6 {
			b = append(b, 0x86, 0xdd)
		} else {
			b = append(b, 0x08, 0x00)
		}
	}
	ip, addresses := p.ip()
	pseudo := slowSum(addresses) + unix.IPPROTO_UDP + uint32(udpLen+len(p.payload))
	return append(append(b, ip...), p.udp(pseudo)...)
}

// ip returns the IP header and the part of it that has the addresses.
func (p packetSpec) ip() (header, addresses []byte) {
	l4 := udpLen + len(p.payload)
	if p.ipv6 {
		ip := make([]byte, ipv6Len)
		ip[0], ip[6], ip[7] = 0x60, unix.IPPROTO_UDP, 64
		binary.BigEndian.PutUint16(ip[4:], uint16(l4))
		for i := 8; i < ipv6Len; i++ {
			ip[i] = byte(i)
		}
		return ip, ip[8:]
	}
	ip := make([]byte, ipv4Len+p.options)
	ip[0], ip[6], ip[8], ip[9] = 0x40|byte(len(ip)/4), 0x40, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+l4))
	copy(ip[12:], []byte{198, 18, 0, 1})
	copy(ip[16:], p.dst[:])
	binary.BigEndian.PutUint16(ip[10:], ^fold(uint64(slowSum(ip))))
	return ip, ip[12:20]
}

// udp returns the datagram, given the sum of its pseudo-header.
func (p packetSpec) udp(pseudo uint32) []byte {
	b := binary.BigEndian.AppendUint16(nil, 1234)
	b = binary.BigEndian.AppendUint16(b, p.port)
	b = binary.BigEndian.AppendUint16(b, uint16(udpLen+len(p.payload)))
	b = append(append(b, 0, 0), p.payload...)
	sum := fold(uint64(pseudo))
	if !p.partial {
		sum = ^fold(uint64(pseudo + slowSum(b)))
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

// stamped returns the payload of a superpacket whose segments of size bytes carry
// the given sequence numbers.
func stamped(flow uint16, size int, intended uint64, seqs ...uint64) []byte {
	payload := make([]byte, size*len(seqs))
	for i, seq := range seqs {
		segment := payload[i*size : (i+1)*size]
		Stamp{Flow: flow, Seq: seq, Intended: intended}.Put(segment)
		FillPattern(segment[StampLen:])
	}
	return payload
}

// edit returns b changed by f.
func edit(b []byte, f func([]byte)) []byte {
	f(b)
	return b
}
