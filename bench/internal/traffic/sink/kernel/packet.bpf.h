// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Reading a packet, and where the UDP datagram in it is.

// The object is built for little-endian machines only.
#define ntoh16(x) __builtin_bswap16(x)
#define ntoh64(x) __builtin_bswap64(x)

#define ETHERNET_LEN 14
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

// The smallest part of an IP header that holds what we need of either version.
#define IPV4_MIN_LEN 20
#define IPV6_LEN 40

// Where the addresses are in an IP header, in 32-bit words.
#define IPV4_ADDRESSES 3
#define IPV4_ADDRESS_WORDS 2
#define IPV6_ADDRESSES 2
#define IPV6_ADDRESS_WORDS 8

// The verifier takes offsets into the linear part up to here.
#define MAX_LINEAR 0x7fff

const volatile __u32 l2_len; // bytes before the IP header: ETHERNET_LEN or 0

// Where the UDP datagram is and how long its packet says it is.
struct datagram {
	__u32 udp;     // its header, from the start of the packet
	__u32 ip_hlen; // bytes of IP header
	__u32 len;     // UDP header and payload, of all segments together
	__u8 version;  // of IP
};

// load copies len bytes at offset. It returns 0, or less where the packet ends
// before. What is in the linear part is read directly, which makes the whole
// program a quarter faster.
static __always_inline long load(context *ctx, __u32 offset, void *to, __u32 len)
{
	__u8 *from = (void *)(long)ctx->data;
	__u8 *end = (void *)(long)ctx->data_end;

	if (offset > MAX_LINEAR)
		return load_bytes(ctx, offset, to, len);
	from += offset;
	if (from + len > end)
		return load_bytes(ctx, offset, to, len);
	__builtin_memcpy(to, from, len);
	return 0;
}

// is_ethernet_ip tells whether the frame carries the IP version that its packet
// claims.
static __always_inline int is_ethernet_ip(context *ctx, __u8 version)
{
	__u16 type;

	if (load(ctx, l2_len - sizeof(type), &type, sizeof(type)))
		return 0;
	return type == ntoh16(version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
}

// parse_ip finds the UDP datagram in an IPv4 packet that is no fragment, or an
// IPv6 packet without extension headers. It returns 0, or -1 for any other.
static __always_inline int parse_ip(context *ctx, struct datagram *d)
{
	__u8 ip[IPV4_MIN_LEN];
	__u32 len;

	if (load(ctx, l2_len, ip, sizeof(ip)))
		return -1;
	d->version = ip[0] >> 4;
	switch (d->version) {
	case 4:
		if (ip[9] != IPPROTO_UDP || (ip[6] & 0x3f) || ip[7])
			return -1;
		d->ip_hlen = (ip[0] & 0xf) * 4;
		len = ip[2] << 8 | ip[3];
		break;
	case 6:
		if (ip[6] != IPPROTO_UDP)
			return -1;
		d->ip_hlen = IPV6_LEN;
		len = IPV6_LEN + (ip[4] << 8 | ip[5]);
		break;
	default:
		return -1;
	}
	if (d->ip_hlen < IPV4_MIN_LEN || (l2_len && !is_ethernet_ip(ctx, d->version)))
		return -1;
	d->udp = l2_len + d->ip_hlen;
	d->len = len > d->ip_hlen ? len - d->ip_hlen : 0;
	return 0;
}
