//go:build ignore

// SPDX-License-Identifier: MIT OR GPL-2.0
//
// XDP program that turns the frames of BPF_PROG_RUN into stamped UDP packets, each
// at its time of an absolute schedule, and a program of TCX or clsact that hands packets
// to any device; refusals.bpf.h has two tracepoints for frames that are redirected.
// generator.go loads it, run.go runs it; names and layouts are shared with frame.go, and
// with ../wire, ../histogram and ../load/plan.go.

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../bpf/histogram.bpf.h"
#include "../bpf/kernel.bpf.h"
#include "../bpf/stamp.bpf.h"

// The object is built for little-endian machines only.
#define hton16(x) __builtin_bswap16(x)
#define hton64(x) __builtin_bswap64(x)

// Places in a frame.
#define ETHERNET_LEN 14
#define IPV4_ID (ETHERNET_LEN + 4)
#define IPV4_CHECK (ETHERNET_LEN + 10)
#define IPV4_UDP (ETHERNET_LEN + 20)
#define IPV6_UDP (ETHERNET_LEN + 40)
#define UDP_CHECK 6
#define UDP_LEN 8

#define MAX_BATCH 256      // TEST_XDP_MAX_BATCH of net/bpf/test_run.c
#define MAX_SHARES 8       // sizes of a mix
#define MAX_SIZE_PLAN 1024 // packets after which the mix repeats
#define MAX_FRAME 0x3fff   // above every frame, for the verifier
#define HEADER_WORDS 8     // 64 bytes: Ethernet, IPv6 and UDP, and a bit of the stamp
#define MAX_ERRNO 256

// One wait holds up the other work of its CPU for some 10 us, and a batch, which waits
// in each of its places, for no more than 8 of those. What is due later waits through
// many invocations.
#define WAIT_TURNS 400

// What is not due within so many ns for each place of a batch is not due before
// the batch is full.
#define TURN_NS 100

// struct patch is a word that a frame of this size wants where one of another size
// has left its own.
struct patch {
	__u32 at;
	__u32 word;
};

// struct shape is all that packets of one size have in common. Sums are in the byte
// order of the machine, as RFC 1071 allows.
struct shape {
	__u64 header[HEADER_WORDS];
	__u32 ip_sum;  // of the IPv4 header without identification and checksum
	__u32 udp_sum; // of pseudo header, UDP header and payload, without source port and checksum
	__u32 len;     // of the frame
	__u32 patches;
	struct patch patch[MAX_SHARES];
};

const volatile __u32 ipv6;
const volatile __u32 redirect;     // index of the device to redirect to; 0: pass
const volatile __u32 hand_to;      // index of the device that what passed is handed to
const volatile __u32 netns;        // inode number of the namespace of the run
const volatile __u32 port;         // flow i is sent from port+1+i
const volatile __u32 flow_plan_len;
const volatile __u32 size_plan_len;
const volatile __u32 run_len;      // packets of a flow before the next one's turn
const volatile __u32 size_shift;   // how far the sizes move on when the flow plan repeats
const volatile __u32 longest;      // the frame that each invocation is given
const volatile struct shape shapes[MAX_SHARES];
const volatile __u8 size_plan[MAX_SIZE_PLAN];

// struct task is what one run has to do.
struct task {
	__u64 interval; // ns between packets, and the rest in 2^-64 ns
	__u64 interval_rest;
	__u64 packets;  // to emit, at most
	__u64 duration; // ns after the start at which it ends
	__u64 until;    // CLOCK_MONOTONIC after which it pauses until it is run again; 0: never
	__u32 paced;
	__u32 batch; // frames that the kernel handles together
};

// struct progress is how far a run has come. Zero at its start.
struct progress {
	__u64 start; // CLOCK_MONOTONIC of the first invocation
	__u64 end;   // and of the end
	__u64 emitted;
	__u64 bytes; // emitted, as IP packets
	__u64 due;   // when the next packet is
	__u64 due_rest;
	__u32 in_batch; // invocations since the last flush
	__u32 waiting;  // packets emitted since then
	__u32 closed;   // the batch takes no more packets
	__u32 flow_pos;
	__u32 run_pos;
	__u32 size_pos;
	__u32 finished; // nothing more is emitted
	__u32 done;     // and all that was has left
};

// struct refusals is what the device did not take.
struct refusals {
	__u64 ring_full;
	__u64 errors[MAX_ERRNO];
};

struct task job;
struct progress run;
struct refusals refused;
__u32 stop; // set by the program's user, or when an error lasts
__u64 lateness[LATENCY_BUCKETS];
static __u64 waiting_since[MAX_BATCH]; // intended times of the batch

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); // set to flow_plan_len when loaded
	__type(key, __u32);
	__type(value, __u32); // flow
} flow_plan SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); // set to the number of flows when loaded
	__type(key, __u32);
	__type(value, __u64); // sequence number
} next_seq SEC(".maps");

#include "frame.bpf.h"

// left is a callback of bpf_loop: packet i of the last batch has left by now.
static long left(__u32 i, __u64 *now)
{
	__u64 late = *now - waiting_since[i & (MAX_BATCH - 1)];
	__u64 bucket = latency_bucket(late > LATENCY_MAX ? LATENCY_MAX : late);

	if (bucket < LATENCY_BUCKETS)
		lateness[bucket]++;
	return 0;
}

// next_flow returns the flow of the next packet and moves on in both plans.
static __always_inline __u32 next_flow(void)
{
	__u32 pos = run.flow_pos;
	__u32 *flow = bpf_map_lookup_elem(&flow_plan, &pos);

	if (++run.run_pos >= run_len) {
		run.run_pos = 0;
		if (++run.flow_pos >= flow_plan_len) {
			run.flow_pos = 0;
			run.size_pos += size_shift;
		}
	}
	if (++run.size_pos >= size_plan_len)
		run.size_pos -= size_plan_len;
	return flow ? *flow : 0;
}

// emit makes the frame the next packet of the plan. It returns the verdict.
static __always_inline int emit(struct xdp_md *ctx, __u64 when)
{
	__u32 share = size_plan[run.size_pos & (MAX_SIZE_PLAN - 1)];
	const volatile struct shape *shape = &shapes[share & (MAX_SHARES - 1)];
	__u32 flow = next_flow();
	__u64 *seq = bpf_map_lookup_elem(&next_seq, &flow);

	if (!seq || fill(ctx, shape, flow, *seq, when))
		return XDP_ABORTED;
	if (shape->len != longest && bpf_xdp_adjust_tail(ctx, (int)shape->len - (int)longest))
		return XDP_ABORTED;
	++*seq;
	waiting_since[run.waiting++ & (MAX_BATCH - 1)] = when;
	run.emitted++;
	run.bytes += shape->len - ETHERNET_LEN;
	return redirect ? bpf_redirect(redirect, 0) : XDP_PASS;
}

// is_due is a callback of bpf_loop: 0 goes on waiting, 1 ends it.
static long is_due(__u32 i, __u64 *now)
{
	*now = bpf_ktime_get_ns();
	return *now >= run.due;
}

// advance moves the schedule on to the next packet.
static __always_inline void advance(void)
{
	run.due_rest += job.interval_rest;
	run.due += job.interval + (run.due_rest < job.interval_rest);
}

// begin_batch does what has to be done when the last batch has left. It returns 0,
// or -1 when the run is over or pauses: then whoever runs the program has frames left for
// which there is nothing to do.
static __always_inline int begin_batch(__u64 now)
{
	if (!run.start) {
		run.start = now;
		run.due = now;
	}
	if (job.paced && run.waiting)
		bpf_loop(run.waiting, left, &now, 0);
	run.waiting = 0;
	run.closed = job.until && now >= job.until;
	if (!run.finished)
		return run.closed ? -1 : 0;
	run.end = now;
	run.done = 1;
	return -1;
}

// Every invocation is given one frame, and emits a packet in it if one is due.
// The packets leave when the batch is full: once one was emitted, the rest of the
// batch takes what is due as well and does not wait for more.
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	__u32 place = run.in_batch;
	__u64 now, when;

	if (run.done)
		return XDP_DROP;
	if (++run.in_batch >= job.batch)
		run.in_batch = 0;
	if (place && run.closed)
		return XDP_DROP;
	now = bpf_ktime_get_ns(); // CLOCK_MONOTONIC
	if (!place && begin_batch(now))
		return XDP_DROP;

	if (stop || run.emitted >= job.packets || now - run.start >= job.duration)
		run.finished = 1;
	if (run.finished)
		return XDP_DROP;
	when = now;
	if (job.paced) {
		if (now < run.due && !run.waiting)
			bpf_loop(WAIT_TURNS, is_due, &now, 0);
		if (now < run.due)
			return XDP_DROP;
		when = run.due;
		advance();
		run.closed = run.due > now + job.batch * TURN_NS;
	}
	return emit(ctx, when);
}

// What passed appears on lo as a packet. This takes it to the device that the IP stack
// would have routed it to, through the device's queueing discipline.
SEC("tcx/ingress")
int hand(struct __sk_buff *skb)
{
	return bpf_redirect(hand_to, 0);
}

#include "refusals.bpf.h"

char __license[] SEC("license") = "Dual MIT/GPL";
