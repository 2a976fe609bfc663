package faulty

import (
	"math/bits"
	"time"
)

// lane holds packets that all wait equally long, so that they leave in the order in
// which they came: a first-in, first-out queue that grows to what it must hold and
// then allocates no more.
type lane struct {
	waiting []held
	first   int // what is before has left
	free    [maxClass + 1][][]byte
}

type held struct {
	due    time.Duration // when it leaves
	number uint64        // of those that count for faults, from 1; 0: none
	packet []byte
}

// Buffers are powers of two long, up to one that holds the longest frame.
const (
	minClass = 7
	maxClass = 17
)

// push appends a copy of the packet.
func (l *lane) push(due time.Duration, packet []byte) { l.pushNumbered(due, 0, packet) }

// pushNumbered is push of a packet with a number.
func (l *lane) pushNumbered(due time.Duration, number uint64, packet []byte) {
	if len(l.waiting) == cap(l.waiting) && l.first > len(l.waiting)/2 {
		l.waiting = l.waiting[:copy(l.waiting, l.waiting[l.first:])]
		l.first = 0
	}
	l.waiting = append(l.waiting, held{due, number, append(l.buffer(len(packet)), packet...)})
}

// due returns when the next packet leaves; ok is false if there is none.
func (l *lane) due() (due time.Duration, ok bool) {
	if l.empty() {
		return 0, false
	}
	return l.waiting[l.first].due, true
}

// number returns that of the next packet, of which there must be one.
func (l *lane) number() uint64 { return l.waiting[l.first].number }

// pop takes out the next packet, of which there must be one. It is valid until the
// next push.
func (l *lane) pop() []byte {
	packet := l.waiting[l.first].packet
	if l.first++; l.empty() {
		l.waiting, l.first = l.waiting[:0], 0
	}
	class := classOf(cap(packet))
	l.free[class] = append(l.free[class], packet[:0])
	return packet
}

func (l *lane) empty() bool { return l.first == len(l.waiting) }

// buffer returns an empty one for length bytes, used before if there is any.
func (l *lane) buffer(length int) []byte {
	class := classOf(length)
	free := l.free[class]
	if len(free) == 0 {
		return make([]byte, 0, 1<<class)
	}
	b := free[len(free)-1]
	l.free[class] = free[:len(free)-1]
	return b
}

// classOf is the logarithm of the length of the smallest buffer that is long enough.
func classOf(length int) int { return max(minClass, bits.Len(uint(max(length-1, 0)))) }
