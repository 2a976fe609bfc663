// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Order, duplicates and loss of each flow, judged by its sequence numbers.

// A flow remembers its last 64 blocks of 64 sequence numbers. A word is tagged
// with its block number, so that a newer block takes it over without clearing.
#define WINDOW_BLOCKS 64
#define BLOCK_BITS 6
#define BLOCK_LEN (1 << BLOCK_BITS)

struct flow_counts {
	struct bpf_spin_lock lock; // a flow may meet two CPUs; it guards the window too
	__u32 pad;
	__u64 next; // highest sequence number seen, plus one
	__u64 unique;
	__u64 duplicates;
	__u64 reordered;
	__u64 too_old;
};

struct seq_block {
	__u64 number;
	__u64 bits;
};

struct window {
	struct seq_block blocks[WINDOW_BLOCKS];
};

// The counts of a flow are read often and stand alone; nobody reads a window.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); // set to max_flows when loaded
	__type(key, __u32);
	__type(value, struct flow_counts);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); // set to max_flows when loaded
	__type(key, __u32);
	__type(value, struct window);
} windows SEC(".maps");

// record_run judges n sequence numbers from seq up, all of one block. The window
// is exact: a number is too old only when a newer block has taken its word, see
// WINDOW_BLOCKS.
static __always_inline void record_run(struct flow_counts *flow, struct window *window, __u64 seq, __u64 n)
{
	__u64 number = seq >> BLOCK_BITS;
	__u64 first = seq & (BLOCK_LEN - 1);
	__u64 end = seq + n;
	__u64 run = (~0ULL >> ((BLOCK_LEN - n) & (BLOCK_LEN - 1))) << first;
	struct seq_block *block = &window->blocks[number & (WINDOW_BLOCKS - 1)];

	bpf_spin_lock(&flow->lock);
	if (block->number > number) {
		flow->too_old += n;
		goto unlock;
	}
	if (block->number != number) {
		block->number = number;
		block->bits = 0;
	}
	if (block->bits & run) {
		__u64 again = __builtin_popcountll(block->bits & run);

		flow->duplicates += again;
		n -= again;
	}
	flow->unique += n;
	// RFC 4737 section 3.3: reordered is what comes below NextExp.
	if (seq < flow->next) {
		__u64 below = flow->next - seq;
		__u64 late = run & ~block->bits;

		if (below < BLOCK_LEN - first)
			late &= (1ULL << (first + below)) - 1;
		flow->reordered += __builtin_popcountll(late);
	}
	block->bits |= run;
	if (end > flow->next)
		flow->next = end;
unlock:
	bpf_spin_unlock(&flow->lock);
}
