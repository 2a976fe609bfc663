package traffic

import (
	"encoding/binary"
	"math/bits"
)

// verdict is what a payload is to a sink, see CPUCounts.
type verdict uint8

const (
	good verdict = iota
	corrupt
	foreign
)

// judgePayload reads the stamp of one segment's payload. Flows below flows are ours;
// verify looks at the whole payload.
func judgePayload(payload []byte, flows int, verify bool) (Stamp, verdict) {
	if len(payload) < StampLen {
		return Stamp{}, foreign
	}
	stamp, err := ParseStamp(payload)
	switch {
	case err != nil, verify && payloadSum(payload) != StampSum:
		return Stamp{}, corrupt
	case int(stamp.Flow) >= flows:
		return Stamp{}, foreign
	}
	return stamp, good
}

// payloadSum returns the one's-complement sum (RFC 1071) of the 16-bit words of b,
// as if zeros followed.
func payloadSum(b []byte) uint16 {
	var sum, carry uint64
	for ; len(b) >= 8; b = b[8:] {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), carry)
	}
	var tail [8]byte
	copy(tail[:], b)
	sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(tail[:]), carry)
	return fold2(sum, carry)
}
