// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The number of a flow. Whoever compares two of them must know that it depends on the
// byte order of the machine: addresses and ports are numbers as they lie in memory.
#include <linux/types.h>

// mix spreads a change of any bit of x over all bits of the result: the finalizer of
// MurmurHash3 (fmix64). Ports and addresses that count up, or by a multiple of the
// number of queues, come out evenly spread.
static __always_inline __u64 mix(__u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	x ^= x >> 33;
	return x;
}

static __always_inline __u64 hash_endpoint(__u64 address, __be16 port)
{
	return mix(address ^ port);
}

// hash_flow adds the endpoints up, so that it does not matter which one sends.
static __always_inline __u32 hash_flow(__u64 a, __u64 b, __u8 protocol)
{
	return mix(a + b + protocol) >> 32;
}
