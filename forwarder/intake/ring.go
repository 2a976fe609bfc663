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
// a number of lines of memory in the lower; both wrap around.
type header struct {
	open     uint32
	_        uint32
	released uint64
	_        [2*lineLen - 16]byte

	claimed uint64
	known   uint64
	dropped uint64
	refused uint64
	passed  uint64
	_       [2*lineLen - 40]byte
}

// descriptor is one packet, or nothing if length is 0.
type descriptor struct {
	turn   uint32 // number of the packet, plus one: it is here
	length uint32 // vnet header and packet
	at     uint32 // where the vnet header begins, in the memory
	end    uint32 // line behind it
}

// Ring holds the packets of one queue. Its methods but Dropped and Refused belong to one
// thread.
type Ring struct {
	header      *header
	descriptors *[descriptors]descriptor
	memory      []byte

	next     uint32 // number of the next packet to take
	end      uint32 // line behind the last one that was taken
	released uint32 // number of the packet up to which all was released
}

// newRing looks at the memory of a ring, with room for so many bytes of packets.
func newRing(mem []byte, memory int) *Ring {
	return &Ring{
		header:      (*header)(unsafe.Pointer(&mem[0])),
		descriptors: (*[descriptors]descriptor)(unsafe.Pointer(&mem[unsafe.Sizeof(header{})])),
		memory:      mem[memoryAt:][: memory+spareLen : memory+spareLen],
	}
}

// Open has packets taken from now on.
func (r *Ring) Open() { atomic.StoreUint32(&r.header.open, 1) }

// Close lets packets pass into the device from now on. The ring may hold packets from
// before: until Empty says that it does not, Take has to be called.
func (r *Ring) Close() { atomic.StoreUint32(&r.header.open, 0) }

// IsOpen reports whether packets are taken. A packet that does not fit the ring closes it.
func (r *Ring) IsOpen() bool { return atomic.LoadUint32(&r.header.open) != 0 }

// Empty reports whether all that was claimed was taken. On a closed ring it stays so.
func (r *Ring) Empty() bool {
	return uint32(atomic.LoadUint64(&r.header.claimed)>>32) == r.next
}

// Mark returns the place up to which packets were claimed by now.
func (r *Ring) Mark() uint32 { return uint32(atomic.LoadUint64(&r.header.claimed) >> 32) }

// Take returns the next packet before mark, a vnet header with the packet behind it. It is
// nil where there is none, or none that is complete yet. The packet may be changed, and
// stays until Release; the memory behind it belongs to others.
func (r *Ring) Take(mark uint32) []byte {
	for r.next != mark {
		d := &r.descriptors[r.next%descriptors]
		if atomic.LoadUint32(&d.turn) != r.next+1 {
			return nil
		}
		r.next++
		r.end = d.end
		if d.length > 0 {
			end := d.at + d.length
			return r.memory[d.at:end:end]
		}
	}
	return nil
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

// Passed returns how many packets went on into the device. With the ring open it grows no
// more, but for packets that do not fit: what was not counted by then comes through the ring.
func (r *Ring) Passed() uint64 { return atomic.LoadUint64(&r.header.passed) }

// Refused returns how often a packet that does not fit closed the ring. It may be called
// from any goroutine.
func (r *Ring) Refused() uint64 { return atomic.LoadUint64(&r.header.refused) }
