// SPDX-License-Identifier: MIT OR GPL-2.0
//
// What loop.bpf.h does, for kernels without bpf_loop. A global function is verified
// once, however often a loop calls it. All that it may be given is the packet (before
// Linux 5.12): the state of the loop is in a map.

struct rest {
	struct walk walk;
	struct summing sum;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rest);
} rests SEC(".maps");

static __always_inline struct rest *rest_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rests, &zero);
}

__noinline int sum_next(context *ctx)
{
	struct rest *rest = rest_here();
	__u32 zero = 0;
	struct work *work = bpf_map_lookup_elem(&works, &zero);
	struct summing s;
	long done;

	if (!rest || !work)
		return 1;
	s = rest->sum;
	s.ctx = ctx;
	s.piece = work->piece;
	done = sum_piece(0, &s);
	rest->sum = s;
	return done;
}

static __always_inline void sum_rest(struct summing *s)
{
	struct rest *rest = rest_here();

	if (!rest)
		return;
	rest->sum = *s;
	for (int i = 0; i < MAX_PIECES; i++) {
		if (sum_next(s->ctx))
			break;
	}
	s->sum = rest->sum.sum;
	s->left = rest->sum.left;
}

// resume takes a walk out of the map. The verifier knows no pointers that were in a map:
// they are looked up again, or written as NULL, which it must see: in what was copied it does
// not (before Linux 6.8). It returns 0, or -1 where that fails.
static __always_inline int resume(struct walk *w, const struct rest *rest, context *ctx)
{
	__u64 flow_known = !!rest->walk.flow;
	__u32 zero = 0;

	asm volatile("" : "+r"(flow_known));
	*w = rest->walk;
	w->ctx = ctx;
	w->flow = 0;
	w->window = 0;
	w->cpu = bpf_map_lookup_elem(&cpus, &zero);
	w->work = bpf_map_lookup_elem(&works, &zero);
	if (!w->cpu || !w->work)
		return -1;
	if (!flow_known)
		return 0;
	w->window = bpf_map_lookup_elem(&windows, &w->flow_id);
	w->flow = bpf_map_lookup_elem(&flows, &w->flow_id);
	return w->window && w->flow ? 0 : -1;
}

__noinline int walk_next(context *ctx)
{
	struct rest *rest = rest_here();
	struct walk w;
	long done;

	if (!rest || resume(&w, rest, ctx))
		return 1;
	done = next_segment(0, &w);
	rest->walk = w;
	return done;
}

static __always_inline void walk_rest(struct walk *w)
{
	struct rest *rest = rest_here();

	if (!rest)
		return;
	rest->walk = *w;
	for (int i = 0; i < MAX_SEGMENTS; i++) {
		if (walk_next(w->ctx))
			break;
	}
	if (resume(w, rest, w->ctx))
		w->flow = 0;
}
