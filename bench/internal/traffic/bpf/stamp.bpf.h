// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The stamp of ../wire/stamp.go, for those who write it and those who read it.

// flow:16 seq:48, check:16 intended:48, big endian.
#define STAMP_SUM 0x7462
#define STAMP_SHIFT 48
#define STAMP_MASK ((1ULL << STAMP_SHIFT) - 1)
#define STAMP_LEN 16

// fold adds the 16-bit words of sum in one's-complement arithmetic (RFC 1071).
static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff); // below 2^33
	sum = (sum >> 16) + (sum & 0xffff);     // below 2^18
	sum = (sum >> 16) + (sum & 0xffff);
	return (sum >> 16) + (sum & 0xffff);
}
