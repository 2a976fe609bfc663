// SPDX-License-Identifier: MIT OR GPL-2.0
//
// From a packet to the number of its flow: the same in both directions.
//
// The packet is read from its IP header on, wherever that lies: a TUN device has
// nothing before it, a TAP device an Ethernet header. No struct of the kernel's
// headers is used for it: their bit fields depend on the byte order of the machine
// that compiles, not of the one that runs.
#include <linux/in.h>
#include <linux/in6.h> // IPPROTO_* of extension headers

#include "hash.bpf.h"

#define MORE_AND_OFFSET_V4 0x3fff // of the IPv4 fragment field (RFC 791)
#define MORE_AND_OFFSET_V6 0xfff9 // of the IPv6 fragment field (RFC 8200)
#define MIN_IHL 5
#define MAX_EXTENSIONS 8 // more than any packet has a use for
#define NO_PORTS 0 // in place of the position of a TCP or UDP header

struct ipv4 {
	__u8 version_ihl;
	__u8 tos;
	__be16 total_len;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 src;
	__be32 dst;
};

struct ipv6 {
	__be32 version_class_label;
	__be16 payload_len;
	__u8 next;
	__u8 hop_limit;
	__u64 src[2];
	__u64 dst[2];
};

// What all extension headers begin with; fragment is of the fragment header only.
struct extension {
	__u8 next;
	__u8 len;
	__be16 fragment;
};

// ports are the first bytes of a TCP or UDP header.
struct ports {
	__be16 src;
	__be16 dst;
};

static __always_inline long load(struct __sk_buff *skb, __u32 position, void *to, __u32 len)
{
	return bpf_skb_load_bytes_relative(skb, position, to, len, BPF_HDR_START_NET);
}

// load_ports reads the ports of a TCP or UDP header; those of anything else, or of a
// header that was cut, are 0.
static __always_inline struct ports load_ports(struct __sk_buff *skb, __u32 position, __u8 protocol)
{
	struct ports ports = {};

	if ((protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) && position != NO_PORTS &&
	    load(skb, position, &ports, sizeof(ports)))
		ports = (struct ports){};
	return ports;
}

static __always_inline __u32 hash_ipv4(struct __sk_buff *skb)
{
	__u32 ihl, l4 = NO_PORTS;
	struct ports ports;
	struct ipv4 ip;

	if (load(skb, 0, &ip, sizeof(ip)))
		return 0;
	ihl = ip.version_ihl & 0x0f;
	// Later fragments have no ports, and the first one shall go with them.
	if (ihl >= MIN_IHL && !(ip.fragment & bpf_htons(MORE_AND_OFFSET_V4)))
		l4 = ihl * 4;
	ports = load_ports(skb, l4, ip.protocol);
	return hash_flow(hash_endpoint(mix(ip.src), ports.src), hash_endpoint(mix(ip.dst), ports.dst), ip.protocol);
}

// skip_extensions moves from the extension header at position, of the type *protocol,
// to the header behind the last one. It returns that one's position, or NO_PORTS in an
// IP fragment and where the chain is longer than it may be or was cut.
static __always_inline __u32 skip_extensions(struct __sk_buff *skb, __u32 position, __u8 *protocol)
{
	for (int i = 0; i <= MAX_EXTENSIONS; i++) {
		struct extension header;
		__u32 len;

		switch (*protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
			break;
		default:
			return position;
		}
		if (load(skb, position, &header, sizeof(header)))
			return NO_PORTS;
		len = (header.len + 1) * 8;
		if (*protocol == IPPROTO_AH)
			len = (header.len + 2) * 4;
		if (*protocol == IPPROTO_FRAGMENT) {
			len = 8;
			if (header.fragment & bpf_htons(MORE_AND_OFFSET_V6)) {
				// All fragments name the same protocol here; what follows it
				// only the first one has.
				*protocol = header.next;
				return NO_PORTS;
			}
		}
		*protocol = header.next;
		position += len;
	}
	return NO_PORTS;
}

static __always_inline __u32 hash_ipv6(struct __sk_buff *skb)
{
	struct ports ports;
	struct ipv6 ip;
	__u64 src, dst;
	__u32 l4;

	if (load(skb, 0, &ip, sizeof(ip)))
		return 0;
	l4 = skip_extensions(skb, sizeof(ip), &ip.next);
	ports = load_ports(skb, l4, ip.next);
	src = mix(mix(ip.src[0]) ^ ip.src[1]);
	dst = mix(mix(ip.dst[0]) ^ ip.dst[1]);
	return hash_flow(hash_endpoint(src, ports.src), hash_endpoint(dst, ports.dst), ip.next);
}
