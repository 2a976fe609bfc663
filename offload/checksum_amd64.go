//go:build !purego

package offload

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

const (
	// vectorStep is how many bytes sumAVX2 takes at a time.
	vectorStep = 32
	// vectorMin is the length from which calling it pays.
	vectorMin = 256
)

// vectorLen returns how many of n bytes sumVector should add up.
func vectorLen(n int) int {
	if n < vectorMin || !cpu.X86.HasAVX2 {
		return 0
	}
	return n &^ (vectorStep - 1)
}

// sumVector returns the sum of b, whose length vectorLen gave, as little-endian
// 32-bit words. It does not overflow: that would take 2^34 bytes.
func sumVector(b []byte) uint64 { return sumAVX2(unsafe.SliceData(b), len(b)) }

// sumAVX2 adds up n bytes, a multiple of vectorStep and not 0.
//
//go:noescape
func sumAVX2(p *byte, n int) uint64
