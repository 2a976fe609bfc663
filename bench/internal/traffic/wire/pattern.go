package wire

import "encoding/binary"

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
