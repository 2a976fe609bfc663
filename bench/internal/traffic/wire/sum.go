package wire

import (
	"encoding/binary"
	"math/bits"
)

// StampSum is the one's-complement sum (RFC 1071) of the 16-bit words of every
// stamp, and of every whole payload, see [FillPattern]. One sum thus tells whether
// a payload is undamaged, and the UDP checksum of a packet depends only on its
// addresses, ports and length.
const StampSum = 0x7462 // "tb"

// Sum returns the one's-complement sum (RFC 1071) of the 16-bit words of b, big-endian,
// as if zeros followed.
func Sum(b []byte) uint16 {
	var sum, carry uint64
	for ; len(b) >= 8; b = b[8:] {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), carry)
	}
	var tail [8]byte
	copy(tail[:], b)
	sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(tail[:]), carry)
	return fold2(sum, carry)
}

// fold2 returns the one's-complement sum of the 16-bit words of a and b.
func fold2(a, b uint64) uint16 {
	sum, carry := bits.Add64(a, b, 0)
	return Fold(sum>>32 + sum&0xffffffff + carry)
}

// Fold adds the 16-bit words of sum in one's-complement arithmetic (RFC 1071). The
// result is 0 only where sum is.
func Fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
