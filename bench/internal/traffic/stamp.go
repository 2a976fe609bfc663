package traffic

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// StampLen is how many bytes of a UDP payload a [Stamp] takes. sink.bpf.c reads
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

const (
	stampMagic = 0x7462 // "tb"
	stampShift = 48
	stampMask  = 1<<stampShift - 1
)

var errNotStamp = errors.New("no stamp")

// Stamp is what the first 16 bytes of every UDP payload say, two big-endian
// words: flow in 16 bits and sequence number in 48, then a magic number in 16
// bits and the intended send time in 48.
type Stamp struct {
	Flow     uint16
	Seq      uint64 // within the flow, modulo 2^48
	Intended uint64 // CLOCK_MONOTONIC in ns, modulo 2^48 (78 hours)
}

// Put writes the stamp into the first StampLen bytes of payload.
func (s Stamp) Put(payload []byte) {
	_ = payload[StampLen-1]
	binary.BigEndian.PutUint64(payload, uint64(s.Flow)<<stampShift|s.Seq&stampMask)
	binary.BigEndian.PutUint64(payload[8:], stampMagic<<stampShift|s.Intended&stampMask)
}

// ParseStamp reads a stamp back. It fails when payload is too short or has
// another magic number.
func ParseStamp(payload []byte) (Stamp, error) {
	if len(payload) < StampLen {
		return Stamp{}, errNotStamp
	}
	id, when := binary.BigEndian.Uint64(payload), binary.BigEndian.Uint64(payload[8:])
	if when>>stampShift != stampMagic {
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
