package intake

import (
	"sync/atomic"
	"unsafe"
)

// Layout of a ring, as in intake.bpf.c.
const (
	lineLen     = 64
	pageLen     = 4096
	descriptors = 4096
	memoryAt    = pageLen + descriptors*int(unsafe.Sizeof(descriptor{}))
	// spareLen is behind the memory: room for the longest packet and for its alignment.
	spareLen = 17 * pageLen
)

// header is how a ring begins. Places in it are a number of packets in the upper half and
// a number of lines of memory, times 4, in the lower; both wrap around.
type header struct {
	released uint64
	_        [2*lineLen - 8]byte

	claimed uint64 // and the state, in its lowest bits
	known   uint64
	dropped uint64
	refused uint64
	passed  uint64
	_       [2*lineLen - 40]byte
}

// What becomes of packets.
const (
	closed = iota // they pass into the device
	open          // they are taken
	armed         // the next one passes, which wakes the worker, and opens the ring
	belled        // the same, but that it is taken and rings a bell

	stateMask = 3
)

// descriptor is one packet, or nothing if its length is 0.
type descriptor struct {
	turn uint32 // number of the packet, plus one: it is here
	what uint32 // its queue in the upper 8 bits, below them the length of vnet header and packet
	at   uint32 // where the vnet header begins, in the memory
	end  uint32 // line behind it, times 4
}

const lengthBits = 24

// Ring holds the packets of one worker, which may be of several queues. Its methods but
// Dropped and Refused belong to one thread.
type Ring struct {
	header      *header
	descriptors *[descriptors]descriptor
	memory      []byte
	bell        *bell

	next     uint32 // number of the next packet to take
	end      uint32 // line behind the last one that was taken, times 4
	released uint32 // number of the packet up to which all was released
}

// newRing looks at the memory of a ring, with room for so many bytes of packets.
func newRing(mem []byte, memory int, b *bell) *Ring {
	return &Ring{
		header:      (*header)(unsafe.Pointer(&mem[0])),
		descriptors: (*[descriptors]descriptor)(unsafe.Pointer(&mem[unsafe.Sizeof(header{})])),
		memory:      mem[memoryAt:][: memory+spareLen : memory+spareLen],
		bell:        b,
	}
}

// Open has packets taken from now on.
func (r *Ring) Open() {
	for {
		claimed := atomic.LoadUint64(&r.header.claimed)
		if claimed&stateMask == open || atomic.CompareAndSwapUint64(&r.header.claimed, claimed, claimed&^stateMask|open) {
			return
		}
	}
}

// Close lets packets pass into the device from now on. The ring may hold packets from
// before: until Empty says that it does not, Take has to be called.
func (r *Ring) Close() { atomic.AndUint64(&r.header.claimed, ^uint64(stateMask)) }

// Wake is how an armed ring wakes who waits for its packets.
type Wake uint64

const (
	// WakeByDevice lets the first packet pass into the device.
	WakeByDevice Wake = armed
	// WakeByBell has it taken too: that is less work for the waker and for the reader, in all,
	// but the kernel takes a few microseconds more to wake anybody up.
	WakeByBell Wake = belled
)

// Arm has the next packet wake whoever waits for one, and those behind it taken. It fails,
// and changes nothing, unless the ring is open and empty.
func (r *Ring) Arm(by Wake) bool {
	empty := uint64(r.next)<<32 | uint64(r.end)
	return atomic.CompareAndSwapUint64(&r.header.claimed, empty|open, empty|uint64(by))
}

// Disarm opens the ring if it is armed.
func (r *Ring) Disarm() {
	claimed := atomic.LoadUint64(&r.header.claimed)
	if claimed&armed == 0 || !atomic.CompareAndSwapUint64(&r.header.claimed, claimed, claimed&^stateMask|open) {
		r.bell.hush()
	}
}

// BellFD is readable, edge-triggered (EPOLLET), when the bell has rung.
func (r *Ring) BellFD() int { return r.bell.ringBuf.FD() }

// IsOpen reports whether packets are taken. A packet that does not fit the ring closes it,
// the first one opens it when it is armed.
func (r *Ring) IsOpen() bool { return atomic.LoadUint64(&r.header.claimed)&stateMask == open }

// Empty reports whether all that was claimed was taken. On a closed ring it stays so.
func (r *Ring) Empty() bool { return r.Mark() == r.next }

// Mark returns the place up to which packets were claimed by now.
func (r *Ring) Mark() uint32 { return uint32(atomic.LoadUint64(&r.header.claimed) >> 32) }

// Take returns the next packet before mark, a vnet header with the packet behind it, and its
// queue. It is nil where there is none, or none that is complete yet. The packet may be
// changed, and stays until Release; the memory behind it belongs to others.
func (r *Ring) Take(mark uint32) (frame []byte, queue int) {
	for r.next != mark {
		d := &r.descriptors[r.next%descriptors]
		if atomic.LoadUint32(&d.turn) != r.next+1 {
			return nil, 0
		}
		r.next++
		r.end = d.end
		if length := d.what & (1<<lengthBits - 1); length > 0 {
			end := d.at + length
			return r.memory[d.at:end:end], int(d.what >> lengthBits)
		}
	}
	return nil, 0
}

// Taken reports whether all packets before mark were taken.
func (r *Ring) Taken(mark uint32) bool { return r.next == mark }

// Release gives back the memory of all packets that were taken.
func (r *Ring) Release() {
	if r.released != r.next {
		r.released = r.next
		atomic.StoreUint64(&r.header.released, uint64(r.next)<<32|uint64(r.end))
	}
}

// Dropped returns how many segments found the ring full. It may be called from any
// goroutine.
func (r *Ring) Dropped() uint64 { return atomic.LoadUint64(&r.header.dropped) }

// Passed returns how many packets went on into the device. While the ring is open they are all
// in it, and it grows no more but for packets that do not fit. For a moment it may be too
// high.
func (r *Ring) Passed() uint64 { return atomic.LoadUint64(&r.header.passed) }

// Refused returns how often a packet that does not fit closed the ring. It may be called
// from any goroutine.
func (r *Ring) Refused() uint64 { return atomic.LoadUint64(&r.header.refused) }
