// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Of the kernel's structs the members we need: the loader finds them in the running
// kernel's (CO-RE). And constants of linux/skbuff.h and linux/virtio_net.h.
#define RELOCATED __attribute__((preserve_access_index))

struct net_device {
	unsigned long state;
} RELOCATED;

struct sk_buff {
	struct net_device *dev;
	unsigned int len;
	unsigned int data_len;
	__u8 ip_summed : 2;
	__u8 csum_not_inet : 1;
	__u16 csum_start;
	__u16 csum_offset;
	__u16 network_header;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
} RELOCATED;

struct skb_shared_info {
	unsigned int gso_type;
} RELOCATED;

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;

#define CHECKSUM_UNNECESSARY 1
#define CHECKSUM_PARTIAL 3

// Bits of net_device.state (enum netdev_state_t of linux/netdevice.h).
#define LINK_STARTED (1 << 0)
#define LINK_NO_CARRIER (1 << 2)

#define SKB_GSO_TCPV4 (1 << 0)
#define SKB_GSO_TCP_ECN (1 << 2)
#define SKB_GSO_TCPV6 (1 << 4)
#define SKB_GSO_UDP_L4 (1 << 17)

#define VNET_NEEDS_CSUM 1
#define VNET_DATA_VALID 2
#define VNET_GSO_TCPV4 1
#define VNET_GSO_TCPV6 4
#define VNET_GSO_UDP_L4 5
#define VNET_GSO_ECN 0x80

#define UDP_HLEN 8
#define TCP_DOFF 12 // byte of the TCP header with its length in words, upper half
