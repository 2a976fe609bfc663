// SPDX-License-Identifier: MIT OR GPL-2.0
//
// One's-complement sums (RFC 1071) over any part of a packet.

#include "../../bpf/stamp.bpf.h"

// The checksum of a payload is taken in pieces. Before Linux 6.13 bpf_csum_diff
// takes MIN_PIECE_LEN bytes at most, and a packet has 128 of those.
#define PIECE_LEN 2048
#define MIN_PIECE_LEN 512
#define MAX_PIECES 129

// Tests set the pieces of a kernel before 6.13.
const volatile __u32 max_piece = PIECE_LEN;

// summing is the way through the bytes of one checksum.
struct summing {
	context *ctx;
	__u8 *piece;
	__u32 piece_len; // bytes of a piece at most
	__u32 sum;
	__u32 offset;
	__u32 left;
};

// sum_rest calls sum_piece until it is done, see loop.bpf.h.
static __always_inline void sum_rest(struct summing *s);

// sum_piece adds the next piece: 0 goes on, 1 ends the sum.
static long sum_piece(__u32 i, struct summing *s)
{
	__u32 len = s->left < s->piece_len ? s->left : s->piece_len;
	__u64 behind_first;
	__u32 last;
	__s64 sum;

	if (!len || len > PIECE_LEN)
		return 1;
	// Verifiers before Linux 6.8 do not see that len is not 0: they do see that this is
	// not below 0.
	behind_first = len - 1;
	asm volatile("" : "+r"(behind_first));
	behind_first &= PIECE_LEN - 1;
	len = behind_first + 1;
	last = behind_first & (PIECE_LEN - 4);
	// bpf_csum_diff wants whole words: the last one may have bytes of zero.
	*(__u32 *)(s->piece + last) = 0;
	if (load_bytes(s->ctx, s->offset, s->piece, len))
		return 1;
	sum = bpf_csum_diff(0, 0, (__be32 *)s->piece, last + 4, s->sum);
	if (sum < 0) {
		s->piece_len = MIN_PIECE_LEN;
		return len <= MIN_PIECE_LEN;
	}
	s->sum = sum;
	s->offset += len;
	s->left -= len;
	return 0;
}

// sum_bytes returns the one's-complement sum of len bytes at offset, in the byte
// order of the packet, and 0, which no sum here is, where the packet ends before.
// piece has room for PIECE_LEN bytes.
static __always_inline __u16 sum_bytes(context *ctx, __u8 *piece, __u32 offset, __u32 len)
{
	struct summing s = {
		.ctx = ctx,
		.piece = piece,
		.piece_len = max_piece,
		.offset = offset,
		.left = len,
	};

	sum_piece(0, &s);
	if (s.left)
		sum_rest(&s);
	return s.left ? 0 : fold(s.sum);
}

// sum_words adds n words without folding.
static __always_inline __u64 sum_words(const __u32 *words, int n)
{
	__u64 sum = 0;

	for (int i = 0; i < n; i++)
		sum += words[i];
	return sum;
}
