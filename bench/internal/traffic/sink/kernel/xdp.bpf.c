//go:build ignore

// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The sink as an XDP program: it drops what comes to its port before there is a
// socket buffer. Nobody tells it the segment size of a superpacket: max_len finds
// those out.

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/udp.h>

#include <bpf/bpf_helpers.h>

typedef struct xdp_md context;

static __always_inline long load_bytes(context *xdp, __u32 offset, void *to, __u32 len)
{
	return bpf_xdp_load_bytes(xdp, offset, to, len);
}

static __always_inline __u32 packet_len(context *xdp)
{
	return bpf_xdp_get_buff_len(xdp);
}

#include "sink.bpf.h"
#include "../../bpf/mark.bpf.h"

static __always_inline void mark(struct xdp_md *xdp)
{
	__u8 *frame = (void *)(long)xdp->data;
	__u8 *end = (void *)(long)xdp->data_end;

	if (l2_len == ETHERNET_LEN && frame + SINK_MARK_LEN <= end)
		__builtin_memcpy(frame, SINK_MARK, SINK_MARK_LEN);
}

SEC("xdp")
int sink(struct xdp_md *xdp)
{
	if (!receive(xdp, 0))
		return XDP_PASS;
	mark(xdp);
	return XDP_DROP;
}
