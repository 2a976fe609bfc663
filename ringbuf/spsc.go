package ringbuf

import (
	"fmt"
	"sync/atomic"
)

// MaxSPSC is the largest capacity of an SPSC.
const MaxSPSC = 1 << 30

// isolation keeps what the two sides write apart; two cache lines, because adjacent
// ones are fetched in pairs.
const isolation = 2 * CacheLine

// SPSC is a bounded queue between two goroutines: one producer, which alone calls Push
// and PushSlice, and one consumer, which alone calls Pop and PopSlice. Len and Cap may
// be called by anybody. Nobody waits: a full ring takes nothing, an empty one gives
// nothing. Items keep their order.
//
// # Memory order
//
// head counts the items taken and tail those put in, without bound; item n lies at n
// modulo the capacity, and tail − head items are in the ring. Only the consumer stores
// head and only the producer stores tail, so no index is ever contended.
//
// The producer writes items, then stores tail; the consumer loads tail, then reads
// items. It must not see the new tail without the items: the store is a release, the
// load an acquire. The consumer reads items, then stores head; the producer loads head,
// then overwrites their places. Its writes must not overtake those reads: again release
// and acquire. Nothing more is needed, since no side decides by comparing two indices
// that the other may both be changing: a stale value of the other's index only makes
// the ring look fuller to the producer and emptier to the consumer than it is. For the
// same reason each side may keep the value it loaded last and load again only when that
// leaves too little, which spares it a cache miss for most items.
//
// Go's atomics are sequentially consistent and so at least that. The surplus is paid for
// once for each call, not for each item: on amd64 a store is an XCHG, a load plain.
type SPSC[T any] struct {
	items []T
	mask  uint64

	_        [isolation]byte
	tail     atomic.Uint64
	headSeen uint64 // the producer's last look at head

	_        [isolation]byte
	head     atomic.Uint64
	tailSeen uint64 // the consumer's last look at tail

	_ [isolation]byte
}

// NewSPSC makes an empty ring for capacity items: a power of two, 1 to MaxSPSC. The
// error wraps ErrConfig.
func NewSPSC[T any](capacity int) (*SPSC[T], error) {
	if capacity < 1 || capacity > MaxSPSC || capacity&(capacity-1) != 0 {
		return nil, fmt.Errorf("%w: SPSC ring of %d items: want a power of two, 1 to %d", ErrConfig, capacity, MaxSPSC)
	}
	return &SPSC[T]{items: make([]T, capacity), mask: uint64(capacity - 1)}, nil
}

// Cap returns how many items fit.
func (r *SPSC[T]) Cap() int { return len(r.items) }

// Len returns how many items are in the ring: for the producer at most that many, for
// the consumer at least, for anybody else it has changed already.
func (r *SPSC[T]) Len() int {
	head := r.head.Load() // first: tail is never behind it then
	return min(int(r.tail.Load()-head), len(r.items))
}

// Push puts one item in, unless the ring is full.
func (r *SPSC[T]) Push(item T) bool {
	tail := r.tail.Load()
	if r.free(tail, 1) == 0 {
		return false
	}
	r.items[tail&r.mask] = item
	r.tail.Store(tail + 1)
	return true
}

// PushSlice puts in as many of the items as there is room for, the first ones, and
// returns how many. The consumer sees all of them at once.
func (r *SPSC[T]) PushSlice(items []T) int {
	tail := r.tail.Load()
	n := min(len(items), r.free(tail, len(items)))
	if n == 0 {
		return 0
	}
	fit := copy(r.items[tail&r.mask:], items[:n])
	copy(r.items, items[fit:n])
	r.tail.Store(tail + uint64(n))
	return n
}

// free returns how many items there is room for behind tail: exactly, if it is less
// than want.
func (r *SPSC[T]) free(tail uint64, want int) int {
	free := len(r.items) - int(tail-r.headSeen)
	if free < want {
		r.headSeen = r.head.Load()
		free = len(r.items) - int(tail-r.headSeen)
	}
	return free
}

// Pop takes the oldest item out; ok is false when the ring is empty.
func (r *SPSC[T]) Pop() (item T, ok bool) {
	head := r.head.Load()
	if r.filled(head, 1) == 0 {
		return item, false
	}
	place := &r.items[head&r.mask]
	item = *place
	var none T
	*place = none // else what it points to could not be collected
	r.head.Store(head + 1)
	return item, true
}

// PopSlice takes out as many items as there are and into has places for, oldest first,
// and returns how many.
func (r *SPSC[T]) PopSlice(into []T) int {
	head := r.head.Load()
	n := min(len(into), r.filled(head, len(into)))
	if n == 0 {
		return 0
	}
	first := r.items[head&r.mask:]
	fit := copy(into[:n], first)
	clear(first[:fit])
	rest := r.items[:n-fit]
	copy(into[fit:n], rest)
	clear(rest)
	r.head.Store(head + uint64(n))
	return n
}

// filled returns how many items there are from head on: exactly, if it is less than want.
func (r *SPSC[T]) filled(head uint64, want int) int {
	filled := int(r.tailSeen - head)
	if filled < want {
		r.tailSeen = r.tail.Load()
		filled = int(r.tailSeen - head)
	}
	return filled
}
