// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Tracepoints that count what the device that frames are redirected to did not take.

struct bpf_prog;

// ours tells whether a frame came from a run in our namespace: they all come from
// its lo.
static __always_inline int ours(const struct net_device *from)
{
	return from->nd_net.net->ns.inum == netns;
}

// refuse counts n frames that were not taken for a reason that lasts.
static __always_inline void refuse(int err, __u32 n)
{
	refused.errors[-err & (MAX_ERRNO - 1)] += n;
	stop = 1;
}

// A device has been given a batch: the frames for which its ring had no room are
// not all in the device's own counters (a TAP device counts one of a batch).
SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(xmit, const struct net_device *from, const struct net_device *to, int sent, int drops, int err)
{
	// Another generator may be at work in the namespace.
	if (!ours(from) || (__u32)to->ifindex != redirect || drops <= 0)
		return 0;
	if (err)
		refuse(err, drops);
	else
		refused.ring_full += drops;
	return 0;
}

// A frame was not even given to the device.
SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(redirect_err, const struct net_device *from, const struct bpf_prog *xdp, const void *target, int err)
{
	if (ours(from))
		refuse(err, 1);
	return 0;
}
