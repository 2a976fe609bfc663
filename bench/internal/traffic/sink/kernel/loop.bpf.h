// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What a packet has behind its first segment, and a payload behind its first piece, is
// handled by bpf_loop, which came with Linux 5.17.

static __always_inline void sum_rest(struct summing *s)
{
	bpf_loop(MAX_PIECES, sum_piece, s, 0);
}

static __always_inline void walk_rest(struct walk *w)
{
	bpf_loop(MAX_SEGMENTS, next_segment, w, 0);
}
