//go:build ignore

// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The sink as a TCX ingress program: it sees superpackets whole, and drops what
// comes to its port before the network stack has any work with it. WITHOUT_BPF_LOOP it is
// a program of tc's clsact too: TC_ACT_UNSPEC and TC_ACT_SHOT of linux/pkt_cls.h are the
// same numbers.

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/udp.h>

#include <bpf/bpf_helpers.h>

// enum tcx_action_base of linux/bpf.h, which headers before 6.6 lack.
#define TCX_NEXT -1
#define TCX_DROP 2

typedef struct __sk_buff context;

static __always_inline long load_bytes(context *skb, __u32 offset, void *to, __u32 len)
{
	return bpf_skb_load_bytes(skb, offset, to, len);
}

static __always_inline __u32 packet_len(context *skb)
{
	return skb->len;
}

#include "sink.bpf.h"

SEC("tcx/ingress")
int sink(struct __sk_buff *skb)
{
	return receive(skb, skb->gso_size) ? TCX_DROP : TCX_NEXT;
}
