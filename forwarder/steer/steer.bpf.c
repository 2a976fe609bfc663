//go:build ignore

// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The programs that choose the queue of a TUN or TAP device, one for each policy.
// The driver runs one for every packet and superpacket on its way into the device,
// and takes what it returns modulo the number of queues (tun_ebpf_select_queue in
// drivers/net/tun.c). program.go loads them.

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flow.bpf.h"

// How many queues the device has.
const volatile __u32 queues = 1;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); // set when loaded
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

// steer counts the packet for the queue that number stands for, and returns it.
static __always_inline int steer(__u32 number)
{
	__u32 queue = number % queues;
	__u64 *count = bpf_map_lookup_elem(&packets, &queue);

	if (count)
		*count += 1;
	return queue;
}

// What is not IP, such as ARP, has queue 0.
SEC("socket")
int steer_hash(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return steer(hash_ipv4(skb));
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return steer(hash_ipv6(skb));
	return steer(0);
}

SEC("socket")
int steer_cpu(struct __sk_buff *skb __attribute__((unused)))
{
	return steer(bpf_get_smp_processor_id());
}

char __license[] SEC("license") = "Dual MIT/GPL";
