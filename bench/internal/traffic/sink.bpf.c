//go:build ignore

// SPDX-License-Identifier: MIT OR GPL-2.0
//
// TCX ingress program that counts the segments of a Sender, opens superpackets,
// judges order and duplicates per flow, measures latency, and drops what it
// counted. All other packets pass. sink.go loads and reads it; names and layouts
// are shared with stamp.go and latency.go.

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/udp.h>

#include <bpf/bpf_helpers.h>

// The object is built for little-endian machines only.
#define ntoh16(x) __builtin_bswap16(x)
#define ntoh64(x) __builtin_bswap64(x)

// enum tcx_action_base of linux/bpf.h, which headers before 6.6 lack.
#define TCX_NEXT -1
#define TCX_DROP 2

// struct stamp, see stamp.go: flow:16 seq:48, check:16 intended:48, big endian.
#define STAMP_SUM 0x7462
#define STAMP_SHIFT 48
#define STAMP_MASK ((1ULL << STAMP_SHIFT) - 1)

struct stamp {
	__u64 flow_seq;
	__u64 check_intended;
};

// The smallest part of an IP header that holds what we need of either version.
#define IPV4_MIN_LEN 20
#define IPV6_LEN 40

// More segments than the smallest stamped segment allows in 64 KiB.
#define MAX_SEGMENTS 4096

// The verifier takes offsets into the linear part up to here.
#define MAX_LINEAR 0x7fff

// Buckets of HdrHistogram(1, 10 s, 2 figures): 128 in each power of two, the
// lowest 256 values exact. LATENCY_MAX is the last value the buckets can hold.
#define LATENCY_HALF_BITS 7
#define LATENCY_BUCKETS 3584
#define LATENCY_MAX ((1ULL << 34) - 1)

// A flow remembers its last 64 blocks of 64 sequence numbers. A word is tagged
// with its block number, so that a newer block takes it over without clearing.
#define WINDOW_BLOCKS 64
#define BLOCK_BITS 6
#define BLOCK_LEN (1 << BLOCK_BITS)

const volatile __u32 l2_len;    // bytes before the IP header: 14 or 0
const volatile __u16 port;      // UDP destination port, host order
const volatile __u32 max_flows; // flow numbers below this are ours
const volatile __u64 fixed_now; // tests only: the clock, when not 0

struct cpu_counts {
	__u64 skbs;
	__u64 superpackets;
	__u64 segments;
	__u64 bytes;
	__u64 foreign; // sent to our port, but not as a Sender would
	__u64 negative_latency;
	__u64 clamped_latency;
	__u64 latency[LATENCY_BUCKETS];
};

struct seq_block {
	__u64 number;
	__u64 bits;
};

struct flow_state {
	struct bpf_spin_lock lock; // a flow may meet two CPUs
	__u32 pad;
	__u64 next; // highest sequence number seen, plus one
	__u64 unique;
	__u64 duplicates;
	__u64 reordered;
	__u64 too_old;
	struct seq_block window[WINDOW_BLOCKS];
};

// Segments of a superpacket that follow each other are recorded together: each
// of them would otherwise cost a lock.
struct run {
	__u64 seq; // of the first, all in one block
	__u64 len;
	__u64 intended; // of the last segment
	__u64 due;      // segments with that time, not in the histogram yet
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_counts);
} cpus SEC(".maps");

// Empty between two skbs. It is a map and not on the stack, where the verifier
// would follow every length that a run can have.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct run);
} runs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); // set to max_flows when loaded
	__type(key, __u32);
	__type(value, struct flow_state);
} flows SEC(".maps");

// Where the UDP datagram is and how long it is on the wire.
struct datagram {
	__u32 udp;     // its header, from the start of the skb
	__u32 ip_hlen; // bytes of IP header
	__u32 payload; // bytes after the UDP header, of all segments together
};

// walk is the way through the segments of one skb.
struct walk {
	struct __sk_buff *skb;
	struct cpu_counts *cpu;
	struct flow_state *flow;
	struct run *run;
	__u64 now;
	__u32 flow_id;
	__u32 stamp;    // of the next segment, from the start of the skb
	__u32 left;     // payload not walked yet
	__u32 gso_size; // payload of each segment but the last
	__u32 hlen;     // IP and UDP header of each segment
};

// load copies len bytes at offset, from wherever in the skb they are. It returns
// 0, or less where the skb ends before. What is in the linear part is read
// directly, which makes the whole program a quarter faster.
static __always_inline long load(struct __sk_buff *skb, __u32 offset, void *to, __u32 len)
{
	__u8 *from = (void *)(long)skb->data;
	__u8 *end = (void *)(long)skb->data_end;

	if (offset > MAX_LINEAR)
		return bpf_skb_load_bytes(skb, offset, to, len);
	from += offset;
	if (from + len > end)
		return bpf_skb_load_bytes(skb, offset, to, len);
	__builtin_memcpy(to, from, len);
	return 0;
}

// parse_ip finds the UDP datagram in an IPv4 packet that is no fragment, or an
// IPv6 packet without extension headers. It returns 0, or -1 for any other.
static __always_inline int parse_ip(struct __sk_buff *skb, struct datagram *d)
{
	__u8 ip[IPV4_MIN_LEN];
	__u32 len;

	if (load(skb, l2_len, ip, sizeof(ip)))
		return -1;
	switch (ip[0] >> 4) {
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
	if (d->ip_hlen < IPV4_MIN_LEN || len < d->ip_hlen + sizeof(struct udphdr))
		return -1;
	d->udp = l2_len + d->ip_hlen;
	d->payload = len - d->ip_hlen - sizeof(struct udphdr);
	return 0;
}

// record_run judges n sequence numbers from seq up, all of one block. The window
// is exact: a number is too old only when a newer block has taken its word, see
// WINDOW_BLOCKS.
static __always_inline void record_run(struct flow_state *flow, __u64 seq, __u64 n)
{
	__u64 number = seq >> BLOCK_BITS;
	__u64 first = seq & (BLOCK_LEN - 1);
	__u64 end = seq + n;
	__u64 run = (~0ULL >> ((BLOCK_LEN - n) & (BLOCK_LEN - 1))) << first;
	struct seq_block *block = &flow->window[number & (WINDOW_BLOCKS - 1)];

	bpf_spin_lock(&flow->lock);
	if (block->number > number) {
		flow->too_old += n;
		goto unlock;
	}
	if (block->number != number) {
		block->number = number;
		block->bits = 0;
	}
	if (block->bits & run) {
		__u64 again = __builtin_popcountll(block->bits & run);

		flow->duplicates += again;
		n -= again;
	}
	flow->unique += n;
	// RFC 4737 section 3.3: reordered is what comes below NextExp.
	if (seq < flow->next) {
		__u64 below = flow->next - seq;
		__u64 late = run & ~block->bits;

		if (below < BLOCK_LEN - first)
			late &= (1ULL << (first + below)) - 1;
		flow->reordered += __builtin_popcountll(late);
	}
	block->bits |= run;
	if (end > flow->next)
		flow->next = end;
unlock:
	bpf_spin_unlock(&flow->lock);
}

// latency_bucket is CountsIndex of HdrHistogram.
static __always_inline __u64 latency_bucket(__u64 ns)
{
	__u64 exponent;

	if (ns >> (LATENCY_HALF_BITS + 1) == 0)
		return ns;
	exponent = 63 - LATENCY_HALF_BITS - __builtin_clzll(ns);
	return (exponent << LATENCY_HALF_BITS) + (ns >> exponent);
}

// record_latency adds n segments that were due at intended.
static __always_inline void record_latency(struct cpu_counts *cpu, __u64 now, __u64 intended, __u64 n)
{
	__u64 ns = (now - intended) & STAMP_MASK;
	__u64 bucket;

	if (ns >> (STAMP_SHIFT - 1)) {
		cpu->negative_latency += n;
		ns = 0;
	}
	if (ns > LATENCY_MAX) {
		cpu->clamped_latency += n;
		ns = LATENCY_MAX;
	}
	bucket = latency_bucket(ns);
	if (bucket < LATENCY_BUCKETS)
		cpu->latency[bucket] += n;
}

static __always_inline void end_run(struct walk *w)
{
	if (w->run->len)
		record_run(w->flow, w->run->seq, w->run->len);
	w->run->len = 0;
}

static __always_inline void end_latency(struct walk *w)
{
	if (w->run->due)
		record_latency(w->cpu, w->now, w->run->intended, w->run->due);
	w->run->due = 0;
}

// stamp_sum returns the one's-complement sum of the stamp's 16-bit words.
static __always_inline __u32 stamp_sum(const struct stamp *s)
{
	__u64 sum = s->flow_seq + s->check_intended;
	__u64 carry = sum < s->flow_seq;

	sum = (sum >> 32) + (sum & 0xffffffff) + carry; // below 2^33 + 1
	sum = (sum >> 16) + (sum & 0xffff);             // below 2^18
	sum = (sum >> 16) + (sum & 0xffff);
	return (sum >> 16) + (sum & 0xffff);
}

// take_segment counts the next segment, whose stamp is s in host order.
static __always_inline void take_segment(struct walk *w, const struct stamp *s)
{
	__u32 len = w->left < w->gso_size ? w->left : w->gso_size;
	__u64 seq = s->flow_seq & STAMP_MASK;
	__u64 intended = s->check_intended & STAMP_MASK;
	struct run *run = w->run;

	w->stamp += len;
	w->left -= len;
	if (stamp_sum(s) != STAMP_SUM || s->flow_seq >> STAMP_SHIFT != w->flow_id) {
		w->cpu->foreign++;
		return;
	}
	w->cpu->segments++;
	w->cpu->bytes += w->hlen + len;
	if (seq != run->seq + run->len || !(seq & (BLOCK_LEN - 1))) {
		end_run(w);
		run->seq = seq;
	}
	run->len++;
	if (intended != run->intended) {
		end_latency(w);
		run->intended = intended;
	}
	run->due++;
}

// load_stamp reads the next segment's stamp. It returns 0, or -1 where there is
// no room for one.
static __always_inline long load_stamp(struct walk *w, struct stamp *s)
{
	if (w->left < sizeof(*s) || w->gso_size < sizeof(*s))
		return -1;
	if (load(w->skb, w->stamp, s, sizeof(*s)))
		return -1;
	s->flow_seq = ntoh64(s->flow_seq);
	s->check_intended = ntoh64(s->check_intended);
	return 0;
}

// next_segment is a callback of bpf_loop: 0 goes on, 1 ends the walk.
static long next_segment(__u32 i, struct walk *w)
{
	struct stamp s;

	if (!w->left)
		return 1;
	if (load_stamp(w, &s)) {
		w->cpu->foreign++;
		return 1;
	}
	take_segment(w, &s);
	return 0;
}

// find_flow looks up the flow of the first segment. It returns 0, or -1 when the
// packet is not ours or was cut short on the way.
static __always_inline int find_flow(struct walk *w, struct stamp *s)
{
	if (w->stamp + w->left > w->skb->len || load_stamp(w, s))
		return -1;
	w->flow_id = s->flow_seq >> STAMP_SHIFT;
	if (stamp_sum(s) != STAMP_SUM || w->flow_id >= max_flows)
		return -1;
	w->flow = bpf_map_lookup_elem(&flows, &w->flow_id);
	return w->flow ? 0 : -1;
}

SEC("tcx/ingress")
int sink(struct __sk_buff *skb)
{
	struct walk w = {.skb = skb};
	struct datagram d;
	struct udphdr udp;
	struct stamp s;
	__u32 zero = 0;

	if (parse_ip(skb, &d) || load(skb, d.udp, &udp, sizeof(udp)))
		return TCX_NEXT;
	if (udp.dest != ntoh16(port))
		return TCX_NEXT;
	w.cpu = bpf_map_lookup_elem(&cpus, &zero);
	w.run = bpf_map_lookup_elem(&runs, &zero);
	if (!w.cpu || !w.run)
		return TCX_NEXT;

	w.stamp = d.udp + sizeof(udp);
	w.left = d.payload;
	w.hlen = d.ip_hlen + sizeof(udp);
	// gso_segs is 0 on what a tun device wrote: go by gso_size.
	w.gso_size = skb->gso_size ?: d.payload;
	if (find_flow(&w, &s)) {
		w.cpu->foreign++;
		return TCX_NEXT;
	}

	w.now = fixed_now ?: bpf_ktime_get_ns(); // CLOCK_MONOTONIC
	w.cpu->skbs++;
	take_segment(&w, &s);
	if (w.left) {
		w.cpu->superpackets++;
		bpf_loop(MAX_SEGMENTS, next_segment, &w, 0);
	}
	end_run(&w);
	end_latency(&w);
	return TCX_DROP;
}

char __license[] SEC("license") = "Dual MIT/GPL";
