//go:build ignore

// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The program that takes packets on their way into a TUN or TAP device and puts them into
// memory that it shares with the workers of a forwarder: a ring for each worker. program.go
// loads it, ring.go is the other side; names and layouts are shared with both, the protocol
// is described in doc.go.

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../steer/flow.bpf.h"
#include "kernel.bpf.h"

// What TCX takes for an answer (enum tcx_action_base of linux/bpf.h).
#define NEXT -1
#define DROP 2

// How the queue of a packet is chosen.
#define ONE_QUEUE 0
#define BY_HASH 1
#define BY_CPU 2

#define LINE 64
#define PAGE 4096
#define DESCRIPTORS 4096 // a power of two
#define CLAIM_TRIES 64   // as often as others may come in between
#define PAIRS 4096       // a power of two

// Of every skb that was taken: the kernel counts it as dropped, and this tells those
// who count such drops. See taken.
#define TAKEN_MARK 0x74616b65

#define MAX_VNET_HDR_LEN 32
#define MAX_PACKET_LEN (0xffff + 22) // with an Ethernet header and VLAN tags

// What becomes of packets, in the two lowest bits of a ring's claims.
#define CLOSED 0 // they pass into the device
#define OPEN 1	 // they are taken
#define NEW 2	 // they are taken or dropped: older ones may be in the device
#define ARMED 3	 // they are taken; the next one rings the bell and leaves the ring open
#define STATE 3

const volatile __u32 choice = ONE_QUEUE;
const volatile __u32 queues = 1;
const volatile __u32 workers = 1; // at most as many as queues
const volatile __u32 vnet_hdr_len = 12; // 10 to MAX_VNET_HDR_LEN
const volatile __u32 line_mask;         // lines of a ring's memory, less one

// struct descriptor is one packet, or nothing when its length is 0.
struct descriptor {
	__u32 turn; // number of the packet, plus one: it is here
	__u32 what; // its queue in the upper 8 bits, below them the length of vnet header and packet
	__u32 at;   // where the vnet header begins, in the ring's memory
	__u32 end;  // line behind it, times 4
};

// struct ring is shared with a worker. Places in it are a number of packets in the upper
// half and a number of lines of memory, times 4, in the lower; both wrap around.
struct ring {
	__u64 released; // place up to which the worker is done; it writes this
	__u8 pad1[2 * LINE - 8];

	__u64 claimed; // place up to which producers have claimed, and the state
	__u64 known;   // the last place released that a producer saw
	__u64 dropped; // segments for which there was no room or no carrier, or that came too early
	__u64 refused; // packets that a ring cannot take
	__u8 pad2[2 * LINE - 32];

	struct descriptor descriptors[DESCRIPTORS];
	__u8 pad3[PAGE - 4 * LINE];
	// Here begins the memory. Behind its end is room for the longest packet: one that
	// begins before the end does not wrap around.
	__u8 memory[];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); // set to workers when loaded
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct ring) + PAGE); // set when loaded
} rings SEC(".maps");

// struct aside names the packets that go through the device: those of a pair of addresses
// that had a packet which a ring cannot take. Nothing is ever removed: a packet that comes
// through a ring could overtake an earlier one in the device.
struct aside {
	__u32 any; // there is such a pair
	__u8 pairs[PAIRS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct aside);
} asides SEC(".maps");

// A bell wakes a worker: a program has no other way to do so.
struct bell {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, PAGE);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1); // set to workers when loaded
	__type(key, __u32);
	__array(values, struct bell);
} bells SEC(".maps");

static __always_inline __u32 queue_of(struct __sk_buff *skb)
{
	if (choice == ONE_QUEUE)
		return 0;
	if (choice == BY_CPU)
		return bpf_get_smp_processor_id() % queues;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return hash_ipv4(skb) % queues;
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return hash_ipv6(skb) % queues;
	return 0;
}

// struct vnet is struct virtio_net_hdr, in the byte order of the machine.
struct vnet {
	__u8 flags;
	__u8 gso_type;
	__u16 hdr_len;
	__u16 gso_size;
	__u16 csum_start;
	__u16 csum_offset;
};

// headroom returns how many bytes of an skb's buffer are before the packet.
static __always_inline __u64 headroom(struct sk_buff *skb) { return (__u64)skb->data - (__u64)skb->head; }

// describe fills in what the kernel would tell the reader of a device
// (virtio_net_hdr_from_skb in linux/virtio_net.h). It returns 0, or -1 for a packet that
// such a header cannot describe, or that the kernel would change on its way.
static __always_inline int describe(struct __sk_buff *ctx, struct vnet *v)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	__u32 summed = BPF_CORE_READ_BITFIELD(skb, ip_summed);

	if (ctx->vlan_present)
		return -1;
	if (summed == CHECKSUM_PARTIAL) {
		// Not every kernel has other checksums, of SCTP.
		if (bpf_core_field_exists(skb->csum_not_inet) && BPF_CORE_READ_BITFIELD(skb, csum_not_inet))
			return -1;
		v->flags = VNET_NEEDS_CSUM;
		v->csum_start = skb->csum_start - headroom(skb);
		v->csum_offset = skb->csum_offset;
	} else if (summed == CHECKSUM_UNNECESSARY) {
		v->flags = VNET_DATA_VALID;
	}
	if (ctx->gso_size) {
		struct skb_shared_info *info = (void *)(skb->head + skb->end);
		__u32 type = BPF_CORE_READ(info, gso_type);

		// Without a checksum to do, or from an untrusted source (SKB_GSO_DODGY), it is
		// one that the kernel checks, mends or drops on its way.
		if (summed != CHECKSUM_PARTIAL)
			return -1;
		v->hdr_len = skb->len - skb->data_len;
		v->gso_size = ctx->gso_size;
		switch (type & ~SKB_GSO_TCP_ECN) {
		case SKB_GSO_TCPV4:
			v->gso_type = VNET_GSO_TCPV4;
			break;
		case SKB_GSO_TCPV6:
			v->gso_type = VNET_GSO_TCPV6;
			break;
		case SKB_GSO_UDP_L4:
			v->gso_type = VNET_GSO_UDP_L4;
			break;
		default:
			return -1;
		}
		if (type & SKB_GSO_TCP_ECN)
			v->gso_type |= VNET_GSO_ECN;
	}
	return 0;
}

static __always_inline __u64 places(struct ring *r) { return *(volatile __u64 *)&r->claimed; }

static __always_inline void count(__u64 *counter, __u64 n) { __sync_fetch_and_add(counter, n); }

// is_running tells whether the device is up and has a carrier. The kernel drops what is sent
// to one that is not, but only behind this program.
static __always_inline bool is_running(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	unsigned long state = skb->dev->state;

	return (state & LINK_STARTED) && !(state & LINK_NO_CARRIER);
}

// pair_of returns the number of a packet's pair of addresses, the same in both directions and
// for all fragments of a packet. What is neither IPv4 nor IPv6 is one pair. Unlike the hash of
// a flow, which has to be the driver's, it also finds headers in the fragments of a buffer.
static __always_inline __u32 pair_of(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	__u64 network = skb->network_header - headroom(skb);
	__u64 ends = 0;

	if (ctx->protocol == bpf_htons(ETH_P_IP)) {
		struct ipv4 ip;

		if (!bpf_skb_load_bytes(ctx, network, &ip, sizeof(ip)))
			ends = mix(ip.src) + mix(ip.dst);
	} else if (ctx->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6 ip;

		if (!bpf_skb_load_bytes(ctx, network, &ip, sizeof(ip)))
			ends = mix(mix(ip.src[0]) ^ ip.src[1]) + mix(mix(ip.dst[0]) ^ ip.dst[1]);
	}
	return mix(ends) & (PAIRS - 1);
}

struct claim {
	__u32 number; // of the packet
	__u32 at;
	__u32 end;
	bool rings; // the worker sleeps, and this packet is to wake it
};

// has_room tells whether a packet that would end at place end has one.
static __always_inline bool has_room(__u64 released, __u32 number, __u32 end)
{
	return number - (__u32)(released >> 32) < DESCRIPTORS && end - (__u32)released <= (line_mask + 1) * 4;
}

#define CLAIMED 0
#define PASSING 1
#define NO_ROOM 2
#define AGAIN 3

// try_claim takes a place in the ring for a frame of len bytes, unless the ring is closed and
// the packet goes on into the device, or others came in between; aligned is how many of its
// first bytes shall lie before a page's start, or 0.
static __always_inline int try_claim(struct ring *r, __u32 len, __u32 aligned, struct claim *c)
{
	__u32 start = aligned ? -aligned & (PAGE - 1) : 0; // in its page
	__u64 claimed = places(r), next;
	__u32 line = (__u32)claimed >> 2;

	if ((claimed & STATE) == CLOSED)
		return PASSING;
	c->number = claimed >> 32;
	c->rings = (claimed & STATE) == ARMED;
	if (aligned)
		line += (start / LINE - line) & (PAGE / LINE - 1);
	c->at = (line & line_mask) * LINE + start % LINE;
	c->end = (line + (start % LINE + len + LINE - 1) / LINE) << 2;
	if (!has_room(r->known, c->number, c->end)) {
		r->known = *(volatile __u64 *)&r->released;
		if (!has_room(r->known, c->number, c->end)) {
			if (places(r) != claimed)
				return AGAIN; // others came in between: it may be long ago
			return NO_ROOM;
		}
	}
	next = (__u64)(c->number + 1) << 32 | c->end | (c->rings ? OPEN : claimed & STATE);
	return __sync_val_compare_and_swap(&r->claimed, claimed, next) == claimed ? CLAIMED : AGAIN;
}

// struct attempt is what one more try needs, and what came of it.
struct attempt {
	struct ring *r;
	struct claim c;
	__u32 len, aligned;
	int result;
};

static long claim_again(__u64 i __attribute__((unused)), struct attempt *a)
{
	a->result = try_claim(a->r, a->len, a->aligned, &a->c);
	return a->result != AGAIN;
}

// claim is try_claim, again while others come in between. The verifier would walk a plain loop
// through every try (a tenth of a second or more); bpf_loop it walks once.
static __always_inline int claim(struct ring *r, __u32 len, __u32 aligned, struct claim *c)
{
	struct attempt a = {.r = r, .len = len, .aligned = aligned};
	int result = try_claim(r, len, aligned, c);

	if (result != AGAIN)
		return result;
	bpf_loop(CLAIM_TRIES - 1, claim_again, &a, 0);
	*c = a.c;
	return a.result == AGAIN ? NO_ROOM : a.result;
}

// publish gives the packet to the worker; len 0: there is none.
static __always_inline void publish(struct ring *r, const struct claim *c, __u32 queue, __u32 len)
{
	struct descriptor *d = &r->descriptors[c->number & (DESCRIPTORS - 1)];

	d->what = queue << 24 | len;
	d->at = c->at;
	d->end = c->end;
	// The worker sees what was written before when it sees this: an exchange is a full
	// barrier, unlike a store.
	__sync_lock_test_and_set(&d->turn, c->number + 1);
}

// segments returns how many packets skb is on the wire. Where a user's program made a
// superpacket, the kernel leaves that open.
static __always_inline __u32 segments(struct __sk_buff *skb, const struct vnet *v)
{
	__u32 headers = v->csum_start + UDP_HLEN;
	__u8 doff;

	if (!skb->gso_size)
		return 1;
	if (skb->gso_segs)
		return skb->gso_segs;
	if (v->gso_type != VNET_GSO_UDP_L4 && v->csum_start && !bpf_skb_load_bytes(skb, v->csum_start + TCP_DOFF, &doff, sizeof(doff)))
		headers = v->csum_start + (doff >> 4) * 4;
	return headers < skb->len ? (skb->len - headers + skb->gso_size - 1) / skb->gso_size : 1;
}

// taken ends a packet whose bytes we have. To redirect it to no device is the one answer
// of TCX on which it is freed and its sender told that all is well: on DROP a TCP sender
// would keep it. The device has to be named: others may have named one.
static __always_inline int taken(struct __sk_buff *skb)
{
	skb->mark = TAKEN_MARK;
	return bpf_redirect(0, 0);
}

static long arm_again(__u64 i __attribute__((unused)), struct ring **r)
{
	__u64 claimed = places(*r);

	return (claimed & STATE) != OPEN || __sync_val_compare_and_swap(&(*r)->claimed, claimed, claimed | ARMED) == claimed;
}

// wake rings the bell of a ring that was armed. What the bell is told does not matter. Where
// that fails the ring is armed again: the next packet tries.
static __always_inline void wake(struct ring *r, __u32 ring)
{
	void *bell = bpf_map_lookup_elem(&bells, &ring);
	__u64 word = 0;

	if (bell && bpf_ringbuf_output(bell, &word, sizeof(word), BPF_RB_FORCE_WAKEUP))
		bpf_loop(CLAIM_TRIES, arm_again, &r, 0);
}

// drop ends a packet that is lost.
static __always_inline int drop(struct ring *r, struct __sk_buff *skb, const struct vnet *v)
{
	count(&r->dropped, segments(skb, v));
	return DROP;
}

// pass lets a packet go on that the ring cannot take, and all others between its addresses from
// now on. In a new ring they may be behind packets that the worker will only take when it has
// read the device.
static __always_inline int pass(struct ring *r, struct __sk_buff *skb, struct aside *aside, const struct vnet *v)
{
	if ((places(r) & STATE) == NEW)
		return drop(r, skb, v);
	aside->pairs[pair_of(skb)] = 1;
	*(volatile __u32 *)&aside->any = 1;
	count(&r->refused, 1);
	return NEXT;
}

SEC("tcx/egress")
int take(struct __sk_buff *skb)
{
	__u32 len = skb->len, queue = queue_of(skb), ring = queue % workers, zero = 0;
	struct aside *aside = bpf_map_lookup_elem(&asides, &zero);
	struct ring *r = bpf_map_lookup_elem(&rings, &ring);
	struct vnet v = {};
	struct claim c = {};
	__u8 *frame;

	if (!r || !aside || (places(r) & STATE) == CLOSED)
		return NEXT;
	if (*(volatile __u32 *)&aside->any && aside->pairs[pair_of(skb)])
		return (places(r) & STATE) == NEW ? drop(r, skb, &v) : NEXT; // as in pass
	if (len == 0 || len > MAX_PACKET_LEN || describe(skb, &v))
		return pass(r, skb, aside, &v);
	if (!is_running(skb))
		return drop(r, skb, &v);
	switch (claim(r, vnet_hdr_len + len, v.gso_type ? vnet_hdr_len + v.hdr_len : 0, &c)) {
	case PASSING:
		return NEXT;
	case NO_ROOM:
		if (c.rings) // another bell failed
			wake(r, ring);
		return drop(r, skb, &v);
	}
	if (c.rings)
		wake(r, ring); // what takes longer than the rest
	frame = r->memory + (c.at & ((line_mask + 1) * LINE - 1));
	for (__u32 i = sizeof(v); i < MAX_VNET_HDR_LEN && i < vnet_hdr_len; i++)
		frame[i] = 0;
	__builtin_memcpy(frame, &v, sizeof(v));
	if (bpf_skb_load_bytes(skb, 0, frame + vnet_hdr_len, len)) {
		publish(r, &c, queue, 0);
		return pass(r, skb, aside, &v);
	}
	publish(r, &c, queue, vnet_hdr_len + len);
	return taken(skb);
}

char __license[] SEC("license") = "Dual MIT/GPL";
