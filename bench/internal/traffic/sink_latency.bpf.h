// SPDX-License-Identifier: MIT OR GPL-2.0
//
// A histogram of nanoseconds for each CPU, with the buckets of latency.go.

// Buckets of HdrHistogram(1, 10 s, 2 figures): 128 in each power of two, the
// lowest 256 values exact. LATENCY_MAX is the last value the buckets can hold.
#define LATENCY_HALF_BITS 7
#define LATENCY_BUCKETS 3584
#define LATENCY_MAX ((1ULL << 34) - 1)

struct latencies {
	__u64 buckets[LATENCY_BUCKETS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct latencies);
} latency SEC(".maps");

// latency_bucket is CountsIndex of HdrHistogram.
static __always_inline __u64 latency_bucket(__u64 ns)
{
	__u64 exponent;

	if (ns >> (LATENCY_HALF_BITS + 1) == 0)
		return ns;
	exponent = 63 - LATENCY_HALF_BITS - __builtin_clzll(ns);
	return (exponent << LATENCY_HALF_BITS) + (ns >> exponent);
}

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
