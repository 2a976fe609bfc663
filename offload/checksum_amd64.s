//go:build !purego

#include "textflag.h"

// func sumAVX2(p *byte, n int) uint64
//
// Each 64-bit lane holds a high and a low 32-bit word. The lanes are added
// twice: whole, letting them overflow, and shifted down to the high word alone.
// The sum of the low words is then whole - high<<32 modulo 2^64, which is exact
// as long as it has not overflowed itself; masking them out is saved. As 2^32 is
// 1 modulo 65535, high + low is the result.
TEXT ·sumAVX2(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX

	VPXOR Y0, Y0, Y0 // whole, twice, so that additions do not wait for each other
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2 // high, twice
	VPXOR Y3, Y3, Y3

	SUBQ $128, CX
	JB   tail

loop:
	VMOVDQU (SI), Y4
	VMOVDQU 32(SI), Y5
	VMOVDQU 64(SI), Y6
	VMOVDQU 96(SI), Y7
	VPADDQ Y4, Y0, Y0
	VPADDQ Y5, Y1, Y1
	VPADDQ Y6, Y0, Y0
	VPADDQ Y7, Y1, Y1
	VPSRLQ $32, Y4, Y4
	VPSRLQ $32, Y5, Y5
	VPSRLQ $32, Y6, Y6
	VPSRLQ $32, Y7, Y7
	VPADDQ Y4, Y2, Y2
	VPADDQ Y5, Y3, Y3
	VPADDQ Y6, Y2, Y2
	VPADDQ Y7, Y3, Y3
	ADDQ $128, SI
	SUBQ $128, CX
	JAE loop

tail:
	ADDQ $128, CX
	JZ   reduce

tailLoop:
	VMOVDQU (SI), Y4
	VPADDQ Y4, Y0, Y0
	VPSRLQ $32, Y4, Y4
	VPADDQ Y4, Y2, Y2
	ADDQ $32, SI
	SUBQ $32, CX
	JNZ tailLoop

reduce:
	VPADDQ Y1, Y0, Y0
	VPADDQ Y3, Y2, Y2
	VPSLLQ $32, Y2, Y3
	VPSUBQ Y3, Y0, Y0  // low, lane by lane
	VPADDQ Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDQ X1, X0, X0
	VPSRLDQ $8, X0, X1
	VPADDQ X1, X0, X0
	VMOVQ X0, AX
	VZEROUPPER
	MOVQ AX, ret+16(FP)
	RET
