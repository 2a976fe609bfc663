// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What the programs of the sink share: they count the segments of a generator,
// open superpackets, check them for damage, judge order and duplicates per flow,
// and measure latency. sink.go loads them, read.go reads them; what stamps and histograms are
// is shared with ../../wire and ../../histogram. A program defines before it includes this:
//
//	context     its argument, with the members data and data_end
//	load_bytes  copies from wherever in the packet the bytes are; 0 or less
//	packet_len  bytes from data to the end of the packet
//
// WITHOUT_BPF_LOOP makes a program for kernels before 5.17, which have no bpf_loop.

#include "flow.bpf.h"
#include "latency.bpf.h"
#include "packet.bpf.h"
#include "sum.bpf.h"

struct stamp {
	__u64 flow_seq;
	__u64 check_intended;
};

// More segments than the smallest stamped segment allows in 64 KiB.
#define MAX_SEGMENTS 4096

const volatile __u16 port;      // UDP destination port, host order
const volatile __u32 max_flows; // flow numbers below this are ours
const volatile __u32 max_len;   // IP packets longer than this are superpackets
const volatile __u8 verify;     // check headers and payload, not only the stamp
const volatile __u64 fixed_now; // tests only: the clock, when not 0

// When the present load began, CLOCK_MONOTONIC in ns; 0: there was none before it. What
// was meant to be sent before belongs to an earlier load, however late it comes. Set by
// the program's user between two loads.
volatile __u64 epoch;

struct cpu_counts {
	__u64 skbs;
	__u64 superpackets;
	__u64 segments;
	__u64 bytes;
	__u64 corrupt;
	__u64 foreign;
	__u64 earlier;
	__u64 negative_latency;
	__u64 clamped_latency;
};

// Segments of a superpacket that follow each other are recorded together: each
// of them would otherwise cost a lock.
struct run {
	__u64 seq; // of the first, all in one block
	__u64 len;
	__u64 intended; // of the last segment
	__u64 due;      // segments with that time, not in the histogram yet
};

// struct work is what a packet needs besides the stack. The verifier would follow
// every length that a run on the stack can have.
struct work {
	struct run run; // empty between two packets
	__u8 piece[PIECE_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_counts);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct work);
} works SEC(".maps");

// walk is the way through the segments of one packet.
struct walk {
	context *ctx;
	struct cpu_counts *cpu;
	struct flow_counts *flow; // NULL before the first segment of ours
	struct window *window;
	struct work *work;
	__u64 now;
	__u64 epoch;
	__u32 flow_id;
	__u32 stamp;    // of the next segment, from the start of the packet
	__u32 left;     // payload not walked yet
	__u32 gso_size; // payload of each segment but the last
	__u32 hlen;     // IP and UDP header of each segment
};

static __always_inline void end_run(struct walk *w)
{
	struct run *run = &w->work->run;

	if (run->len)
		record_run(w->flow, w->window, run->seq, run->len);
	run->len = 0;
}

// end_latency puts the segments with one intended time into the histogram.
static __always_inline void end_latency(struct walk *w)
{
	struct run *run = &w->work->run;
	__u64 ns = (w->now - run->intended) & STAMP_MASK;

	if (!run->due)
		return;
	if (ns >> (STAMP_SHIFT - 1)) {
		w->cpu->negative_latency += run->due;
		ns = 0;
	}
	if (ns > LATENCY_MAX) {
		w->cpu->clamped_latency += run->due;
		ns = LATENCY_MAX;
	}
	record_latency(ns, run->due);
	run->due = 0;
}

#include "damage.bpf.h"

// is_ours tells whether a segment of that flow belongs here. The first one decides
// for all of a superpacket: one with segments of several flows is no one's.
static __always_inline int is_ours(struct walk *w, __u32 flow_id)
{
	if (w->flow)
		return flow_id == w->flow_id;
	if (flow_id >= max_flows)
		return 0;
	w->flow_id = flow_id;
	w->window = bpf_map_lookup_elem(&windows, &flow_id);
	if (!w->window)
		return 0;
	w->flow = bpf_map_lookup_elem(&flows, &flow_id);
	return !!w->flow;
}

// is_earlier tells whether a segment belongs to a load before the present one. Its time
// is compared as a signed difference in 48 bits, as it is stamped.
static __always_inline int is_earlier(struct walk *w, const struct stamp *s)
{
	__u64 ahead = (s->check_intended - w->epoch) & STAMP_MASK;

	return w->epoch && ahead >> (STAMP_SHIFT - 1);
}

// count_segment counts a segment of ours, of len bytes of payload.
static __always_inline void count_segment(struct walk *w, const struct stamp *s, __u32 len)
{
	__u64 seq = s->flow_seq & STAMP_MASK;
	__u64 intended = s->check_intended & STAMP_MASK;
	struct run *run = &w->work->run;

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

// take_segment judges the next segment, which has a stamp.
static __always_inline void take_segment(struct walk *w, __u32 len)
{
	struct stamp s;

	if (load(w->ctx, w->stamp, &s, sizeof(s)))
		return; // cannot be: the packet is as long as it says
	s.flow_seq = ntoh64(s.flow_seq);
	s.check_intended = ntoh64(s.check_intended);
	if (!is_whole(w, &s, len))
		w->cpu->corrupt++;
	else if (!is_ours(w, s.flow_seq >> STAMP_SHIFT))
		w->cpu->foreign++;
	else if (is_earlier(w, &s))
		w->cpu->earlier++;
	else
		count_segment(w, &s, len);
}

// next_segment takes the next segment: 0 goes on, 1 ends the walk.
static long next_segment(__u32 i, struct walk *w)
{
	__u32 len = w->left < w->gso_size ? w->left : w->gso_size;

	if (!len)
		return 1;
	if (len < sizeof(struct stamp))
		w->cpu->corrupt++; // the rest of something longer
	else
		take_segment(w, len);
	w->stamp += len;
	w->left -= len;
	return 0;
}

#ifdef WITHOUT_BPF_LOOP
#include "calls.bpf.h"
#else
#include "loop.bpf.h"
#endif

// walk_segments counts the segments of a packet to our port whose headers are d
// and udp.
static __always_inline void walk_segments(struct walk *w, const struct datagram *d, const struct udphdr *udp)
{
	__u32 segments = w->left > w->gso_size ? (w->left + w->gso_size - 1) / w->gso_size : 1;

	if (ntoh16(udp->len) != d->len || d->udp + d->len > packet_len(w->ctx)) {
		w->cpu->corrupt += segments;
		return;
	}
	if (w->gso_size < sizeof(struct stamp) || w->hlen + w->left > max_len) {
		w->cpu->foreign += segments;
		return;
	}
	if (verify && !checksums_hold(w, d, udp)) {
		w->cpu->corrupt += segments;
		return;
	}
	w->now = fixed_now ?: bpf_ktime_get_ns(); // CLOCK_MONOTONIC
	w->epoch = epoch;
	next_segment(0, w);
	if (w->left)
		walk_rest(w);
	if (!w->flow)
		return;
	w->cpu->skbs++;
	w->cpu->superpackets += segments > 1;
	end_run(w);
	end_latency(w);
}

// receive counts a packet; gso_size is 0 where it is none of several segments. It
// returns 1 when the packet was to our port and must go no further, 0 when it is
// none of our business.
static __always_inline int receive(context *ctx, __u32 gso_size)
{
	struct walk w = {.ctx = ctx};
	struct datagram d;
	struct udphdr udp;
	__u32 zero = 0;

	if (parse_ip(ctx, &d) || load(ctx, d.udp, &udp, sizeof(udp)))
		return 0;
	if (udp.dest != ntoh16(port))
		return 0;
	w.cpu = bpf_map_lookup_elem(&cpus, &zero);
	w.work = bpf_map_lookup_elem(&works, &zero);
	if (!w.cpu || !w.work)
		return 0;
	w.stamp = d.udp + sizeof(udp);
	w.left = d.len > sizeof(udp) ? d.len - sizeof(udp) : 0;
	w.hlen = d.ip_hlen + sizeof(udp);
	// gso_segs is 0 on what a tun device wrote: go by gso_size.
	w.gso_size = gso_size ?: w.left;
	walk_segments(&w, &d, &udp);
	return 1;
}

char __license[] SEC("license") = "Dual MIT/GPL";
