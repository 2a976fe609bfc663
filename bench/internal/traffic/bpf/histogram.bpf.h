// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The buckets of every histogram of nanoseconds, those of ../histogram:
// HdrHistogram(1, 10 s, 2 figures) has 128 in each power of two, the lowest 256
// values exact. LATENCY_MAX is the last value they can hold.
#define LATENCY_HALF_BITS 7
#define LATENCY_BUCKETS 3584
#define LATENCY_MAX ((1ULL << 34) - 1)

// latency_bucket is CountsIndex of HdrHistogram.
static __always_inline __u64 latency_bucket(__u64 ns)
{
	__u64 exponent;

	if (ns >> (LATENCY_HALF_BITS + 1) == 0)
		return ns;
	exponent = 63 - LATENCY_HALF_BITS - __builtin_clzll(ns);
	return (exponent << LATENCY_HALF_BITS) + (ns >> exponent);
}
