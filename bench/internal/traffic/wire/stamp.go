package wire

import (
	"encoding/binary"
	"errors"
)

// StampLen is how many bytes of a UDP payload a [Stamp] takes.
const StampLen = 16

// StampMask has the 48 bits that a stamp keeps of a sequence number or a time.
const StampMask = 1<<stampShift - 1

const stampShift = 48

var errNotStamp = errors.New("no stamp")

// Stamp is what the first 16 bytes of every UDP payload say, two big-endian
// words: flow in 16 bits and sequence number in 48, then what brings the sum to
// [StampSum] in 16 bits and the intended send time in 48.
type Stamp struct {
	Flow     uint16
	Seq      uint64 // within the flow, modulo 2^48
	Intended uint64 // CLOCK_MONOTONIC in ns, modulo 2^48 (78 hours); it also says to which load the packet belongs, see sink.Sink
}

// Put writes the stamp into the first StampLen bytes of payload.
func (s Stamp) Put(payload []byte) {
	_ = payload[StampLen-1]
	id, when := uint64(s.Flow)<<stampShift|s.Seq&StampMask, s.Intended&StampMask
	// Where the others add up to StampSum already, the sum of zeros is 0xffff.
	check := uint64(Fold(StampSum + uint64(^fold2(id, when))))
	binary.BigEndian.PutUint64(payload, id)
	binary.BigEndian.PutUint64(payload[8:], check<<stampShift|when)
}

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
		Seq:      id & StampMask,
		Intended: when & StampMask,
	}, nil
}

// Age returns how long before t the stamp's packet was meant to be sent, in ns; t is
// CLOCK_MONOTONIC in ns. Below zero it was meant for later. Like the stamp, the
// difference is of 48 bits.
func (s Stamp) Age(t int64) int64 {
	return (t - int64(s.Intended)) << (64 - stampShift) >> (64 - stampShift)
}
