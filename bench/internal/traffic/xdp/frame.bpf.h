// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What is written into a frame to make it a packet, by its shape of generator.bpf.c.

// put_stamp writes Stamp.Put's bytes.
static __always_inline void put_stamp(void *to, __u32 flow, __u64 seq, __u64 when)
{
	__u64 id = (__u64)flow << STAMP_SHIFT | (seq & STAMP_MASK);
	__u64 sum;
	__u16 other;

	when &= STAMP_MASK;
	sum = (id >> 32) + (id & 0xffffffff) + (when >> 32) + (when & 0xffffffff);
	other = ~fold(sum);
	*(__u64 *)to = hton64(id);
	*(__u64 *)(to + 8) = hton64((__u64)fold(STAMP_SUM + other) << STAMP_SHIFT | when);
}

// fill writes what of the frame differs from packet to packet, and all of the
// headers: whoever had the page before may have changed them. It returns 0, or -1
// when the frame is not as long as it was promised.
static __always_inline int fill(struct xdp_md *ctx, const volatile struct shape *shape, __u32 flow, __u64 seq, __u64 when)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u32 udp = ipv6 ? IPV6_UDP : IPV4_UDP;
	__u32 words = ipv6 ? 8 : 6;
	__u16 source = hton16(port + 1 + flow);
	__u16 check;

	if (data + udp + UDP_LEN + STAMP_LEN > data_end)
		return -1;
	for (__u32 i = 0; i < words; i++)
		((__u64 *)data)[i] = shape->header[i];
	if (!ipv6) {
		__u16 id = hton16(seq);

		*(__u16 *)(data + IPV4_ID) = id;
		*(__u16 *)(data + IPV4_CHECK) = ~fold(shape->ip_sum + id);
	}
	check = ~fold(shape->udp_sum + source);
	*(__u16 *)(data + udp) = source;
	*(__u16 *)(data + udp + UDP_CHECK) = check ?: 0xffff; // RFC 768: 0 means none
	put_stamp(data + udp + UDP_LEN, flow, seq, when);

	for (__u32 i = 0; i < MAX_SHARES && i < shape->patches; i++) {
		__u32 *word = data + (shape->patch[i].at & MAX_FRAME);

		if ((void *)(word + 1) > data_end)
			return -1;
		*word = shape->patch[i].word;
	}
	return 0;
}
