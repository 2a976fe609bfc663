package traffic

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"net/netip"
)

// StampLen is how many bytes of a UDP payload a [Stamp] takes. stamp.bpf.h has
// the same layout.
const StampLen = 16

// Lengths of the headers in front of the payload: IPv4 without options, IPv6
// without extension headers.
const (
	ipv4Len = 20
	ipv6Len = 40
	udpLen  = 8
)

// MinSizeIPv4 and MinSizeIPv6 are the lengths in bytes of the shortest IP
// packets that hold a stamp.
const (
	MinSizeIPv4 = ipv4Len + udpLen + StampLen
	MinSizeIPv6 = ipv6Len + udpLen + StampLen
)

// MaxSize is the length in bytes of the longest IP packet.
const MaxSize = 65535

// StampSum is the one's-complement sum (RFC 1071) of the 16-bit words of every
// stamp, and of every whole payload, see [FillPattern]. One sum thus tells whether
// a payload is undamaged, and the UDP checksum of a packet depends only on its
// addresses, ports and length.
const StampSum = 0x7462 // "tb"

const (
	stampShift = 48
	stampMask  = 1<<stampShift - 1
)

var errNotStamp = errors.New("no stamp")

// Stamp is what the first 16 bytes of every UDP payload say, two big-endian
// words: flow in 16 bits and sequence number in 48, then what brings the sum to
// [StampSum] in 16 bits and the intended send time in 48.
type Stamp struct {
	Flow     uint16
	Seq      uint64 // within the flow, modulo 2^48
	Intended uint64 // CLOCK_MONOTONIC in ns, modulo 2^48 (78 hours); it also says to which load the packet belongs, see Receiver.Begin
}

// Put writes the stamp into the first StampLen bytes of payload.
func (s Stamp) Put(payload []byte) {
	_ = payload[StampLen-1]
	id, when := uint64(s.Flow)<<stampShift|s.Seq&stampMask, s.Intended&stampMask
	// Where the others add up to StampSum already, the sum of zeros is 0xffff.
	check := uint64(fold(StampSum + uint64(^fold2(id, when))))
	binary.BigEndian.PutUint64(payload, id)
	binary.BigEndian.PutUint64(payload[8:], check<<stampShift|when)
}

// fold2 returns the one's-complement sum of the 16-bit words of a and b.
func fold2(a, b uint64) uint16 {
	sum, carry := bits.Add64(a, b, 0)
	return fold(sum>>32 + sum&0xffffffff + carry)
}

// fold adds the 16-bit words of sum in one's-complement arithmetic: 0 only for 0.
func fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// FillPattern fills what follows the stamp in a payload: groups of four bytes, a
// 16-bit word that tells the group's place and its complement, and zero in the
// last one to three bytes. Its one's-complement sum is zero.
func FillPattern(pattern []byte) {
	whole := len(pattern) &^ 3
	for i := 0; i < whole; i += 4 {
		word := uint16(i/4)*patternStep + StampSum
		binary.BigEndian.PutUint16(pattern[i:], word)
		binary.BigEndian.PutUint16(pattern[i+2:], ^word)
	}
	clear(pattern[whole:])
}

// patternStep is odd, so that 65536 groups have different words.
const patternStep = 0x9e37

// ParseStamp reads a stamp back. It fails when payload is too short or the stamp
// was damaged.
func ParseStamp(payload []byte) (Stamp, error) {
	if len(payload) < StampLen {
		return Stamp{}, errNotStamp
	}
	id, when := binary.BigEndian.Uint64(payload), binary.BigEndian.Uint64(payload[8:])
	if fold2(id, when) != StampSum {
		return Stamp{}, errNotStamp
	}
	return Stamp{
		Flow:     uint16(id >> stampShift),
		Seq:      id & stampMask,
		Intended: when & stampMask,
	}, nil
}

// headerLen returns the bytes of IP and UDP header of a packet to addr.
func headerLen(addr netip.Addr) int {
	if addr.Is4() {
		return ipv4Len + udpLen
	}
	return ipv6Len + udpLen
}

// minSize returns MinSizeIPv4 or MinSizeIPv6.
func minSize(addr netip.Addr) int { return headerLen(addr) + StampLen }
