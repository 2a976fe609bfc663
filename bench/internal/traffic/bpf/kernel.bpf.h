// SPDX-License-Identifier: MIT OR GPL-2.0
//
// The kernel's structs that lead from a device to its namespace, with only the
// members we need: the loader finds them in the running kernel's (CO-RE).
#define RELOCATED __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} RELOCATED;

struct net {
	struct ns_common ns;
} RELOCATED;

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} RELOCATED;
