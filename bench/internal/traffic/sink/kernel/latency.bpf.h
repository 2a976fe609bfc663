// SPDX-License-Identifier: MIT OR GPL-2.0
//
// A histogram of latencies for each CPU.

#include "../../bpf/histogram.bpf.h"

struct latencies {
	__u64 buckets[LATENCY_BUCKETS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct latencies);
} latency SEC(".maps");

// record_latency adds n times ns, which is LATENCY_MAX at most.
static __always_inline void record_latency(__u64 ns, __u64 n)
{
	__u64 bucket = latency_bucket(ns);
	struct latencies *l;
	__u32 zero = 0;

	l = bpf_map_lookup_elem(&latency, &zero);
	if (l && bucket < LATENCY_BUCKETS)
		l->buckets[bucket] += n;
}
