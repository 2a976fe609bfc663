//go:build ignore

// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Program at the tracepoint skb:kfree_skb that counts dropped packets, in segments,
// by network namespace and reason. drops.go loads and reads it. Of the kernel's
// structs it names the members we need, as kernel.bpf.h does.

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "../bpf/kernel.bpf.h"
#include "../bpf/mark.bpf.h"

struct sock_common {
	possible_net_t skc_net;
} RELOCATED;

struct sock {
	struct sock_common __sk_common;
} RELOCATED;

struct skb_shared_info {
	unsigned short gso_size;
	unsigned short gso_segs;
	unsigned int gso_type;
} RELOCATED;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	unsigned int mark;
	unsigned short transport_header;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
} RELOCATED;

// The tracepoint's record, which tells whether the tracepoint has rx_sk.
struct trace_event_raw_kfree_skb {
	void *rx_sk;
} RELOCATED;

#define SKB_GSO_UDP_L4 (1 << 17) // linux/skbuff.h
#define UDP_HLEN 8
#define TCP_DOFF 12 // byte of the TCP header with its length in words, upper half

// Reasons by the running kernel's numbers: those that a sink's own drops have, 0
// where there is none, and the one that says nothing.
const volatile __u32 tcx_reason;
const volatile __u32 xdp_reason;
const volatile __u32 not_specified;

// The mark of packets that only look dropped: a forwarder took them.
const volatile __u32 taken_mark;

struct drop {
	__u32 namespace; // inode
	__u32 reason;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); // set when loaded
	__type(key, __u32);
	__type(value, __u8);
} namespaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1); // set when loaded
	__type(key, struct drop);
	__type(value, __u64);
} drops SEC(".maps");

// namespace_of returns the inode of the namespace that a packet is in, or 0. While
// a packet is in the queue of a UDP socket something else stands in place of dev;
// following it reads 0, and the socket tells.
static __always_inline __u32 namespace_of(struct sk_buff *skb, struct sock *rx_sk)
{
	__u32 inode = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);

	if (!inode && rx_sk)
		inode = BPF_CORE_READ(rx_sk, __sk_common.skc_net.net, ns.inum);
	if (!inode)
		inode = BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum);
	return inode;
}

// segments returns how many packets skb is on the wire. A tun device does not set
// gso_segs: then the length behind the headers tells.
static __always_inline __u32 segments(struct sk_buff *skb)
{
	unsigned char *head = BPF_CORE_READ(skb, head);
	struct skb_shared_info *info = (void *)(head + BPF_CORE_READ(skb, end));
	__u32 l4 = BPF_CORE_READ(skb, transport_header); // from head
	__u32 size = BPF_CORE_READ(info, gso_size);
	__u32 known = BPF_CORE_READ(info, gso_segs);
	__u32 headers, hlen = UDP_HLEN;
	__u8 doff;

	if (!size || known)
		return known ?: 1;
	if (!(BPF_CORE_READ(info, gso_type) & SKB_GSO_UDP_L4)) {
		if (bpf_probe_read_kernel(&doff, sizeof(doff), head + l4 + TCP_DOFF))
			return 1;
		hlen = (doff >> 4) * 4;
	}
	headers = l4 + hlen - (__u32)(BPF_CORE_READ(skb, data) - head);
	if (headers >= BPF_CORE_READ(skb, len)) // no transport header, or a broken packet
		return 1;
	return (BPF_CORE_READ(skb, len) - headers + size - 1) / size;
}

// is_taken tells whether a forwarder has the packet.
static __always_inline int is_taken(struct sk_buff *skb, __u32 reason)
{
	return reason == not_specified && skb->mark == taken_mark;
}

// is_sink tells whether a sink dropped the packet, or a forwarder's intake, which counts
// that itself. Namespaces of a testbed have no other programs that drop.
static __always_inline int is_sink(struct sk_buff *skb, __u32 reason)
{
	char address[SINK_MARK_LEN];

	if (reason == tcx_reason || reason == xdp_reason)
		return 1;
	if (reason != not_specified)
		return 0;
	return !bpf_probe_read_kernel(address, sizeof(address), BPF_CORE_READ(skb, data)) &&
	       !__builtin_memcmp(address, SINK_MARK, SINK_MARK_LEN);
}

SEC("tp_btf/kfree_skb")
int count_drop(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct sock *rx_sk = 0;
	struct drop key = {.reason = ctx[2]};
	__u64 *count, n;

	if (is_taken(skb, key.reason) || is_sink(skb, key.reason))
		return 0;
	if (bpf_core_field_exists(((struct trace_event_raw_kfree_skb *)0)->rx_sk))
		rx_sk = (void *)ctx[3];
	key.namespace = namespace_of(skb, rx_sk);
	if (!bpf_map_lookup_elem(&namespaces, &key.namespace))
		return 0;
	n = segments(skb);
	count = bpf_map_lookup_elem(&drops, &key);
	if (count)
		*count += n;
	else
		// Another CPU may have made the entry meanwhile: ours is a slot of its own.
		bpf_map_update_elem(&drops, &key, &n, BPF_ANY);
	return 0;
}

char __license[] SEC("license") = "Dual MIT/GPL";
