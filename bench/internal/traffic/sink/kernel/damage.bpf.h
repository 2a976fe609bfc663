// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Whether a packet is whole: the sums of its stamps and payloads, and the checksums of its
// headers.

// stamp_sum returns the one's-complement sum of the stamp's 16-bit words.
static __always_inline __u16 stamp_sum(const struct stamp *s)
{
	__u64 sum = s->flow_seq + s->check_intended;
	__u64 carry = sum < s->flow_seq;

	return fold((sum >> 32) + (sum & 0xffffffff) + carry);
}

// sum_ip returns the sum of the addresses in the IP header of d, not folded, and 0
// when a checksum says that the header is damaged.
static __always_inline __u64 sum_ip(struct walk *w, const struct datagram *d)
{
	__u32 ip[IPV6_LEN / 4];
	__u32 start = d->udp - d->ip_hlen;
	__u64 sum;

	if (d->version == 6) {
		if (load(w->ctx, start, ip, IPV6_LEN))
			return 0;
		return sum_words(ip + IPV6_ADDRESSES, IPV6_ADDRESS_WORDS);
	}
	if (load(w->ctx, start, ip, IPV4_MIN_LEN))
		return 0;
	sum = sum_words(ip, IPV4_MIN_LEN / 4);
	if (d->ip_hlen > IPV4_MIN_LEN)
		sum += sum_bytes(w->ctx, w->work->piece, start + IPV4_MIN_LEN, d->ip_hlen - IPV4_MIN_LEN);
	if (fold(sum) != 0xffff)
		return 0;
	return sum_words(ip + IPV4_ADDRESSES, IPV4_ADDRESS_WORDS);
}

// checksums_hold tells whether the IPv4 header and the UDP datagram are whole as
// far as their checksums go. It takes the payload to sum up to STAMP_SUM, which is
// for others to verify. A UDP checksum may be that of the pseudo-header alone:
// where a device does the rest (CHECKSUM_PARTIAL), that is what stands there.
static __always_inline int checksums_hold(struct walk *w, const struct datagram *d, const struct udphdr *udp)
{
	__u64 pseudo = sum_ip(w, d);

	if (!pseudo)
		return 0;
	pseudo += ntoh16(IPPROTO_UDP) + udp->len;
	if (fold(pseudo) == udp->check)
		return 1;
	return fold(pseudo + udp->source + udp->dest + udp->len + udp->check + ntoh16(STAMP_SUM)) == 0xffff;
}

// is_whole tells whether the segment at w->stamp, of len bytes, is undamaged.
static __always_inline int is_whole(struct walk *w, const struct stamp *s, __u32 len)
{
	if (stamp_sum(s) != STAMP_SUM)
		return 0;
	return !verify || sum_bytes(w->ctx, w->work->piece, w->stamp, len) == ntoh16(STAMP_SUM);
}
