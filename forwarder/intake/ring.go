package intake

import (
	"sync/atomic"
	"time"
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
	_       [2*lineLen - 32]byte
}

// What becomes of packets.
const (
	closed = 0 // they pass into the device
	open   = 1 // they are taken
	young  = 2 // they are taken or dropped: older ones may be in the device
	armed  = 3 // they are taken; the next one rings the bell and leaves the ring open

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

// Ring holds the packets of one worker, which may be of several queues. Its methods belong to
// one thread, but for Close, Dropped and Refused, which any goroutine may call.
type Ring struct {
	header      *header
	descriptors *[descriptors]descriptor
	memory      []byte
	bell        *bell
	fence       func() error
	depth       int
	shut        atomic.Bool // it is closed, or about to be: nobody opens it any more

	next     uint32 // number of the next packet to take
	end      uint32 // line behind the last one that was taken, times 4
	released uint32 // number of the packet up to which all was released
}

// newRing looks at the memory of a ring, with room for so many bytes of packets. fence is what
// Fence does, depth what Depth returns.
func newRing(mem []byte, memory int, b *bell, fence func() error, depth int) *Ring {
	return &Ring{
		header:      (*header)(unsafe.Pointer(&mem[0])),
		descriptors: (*[descriptors]descriptor)(unsafe.Pointer(&mem[unsafe.Sizeof(header{})])),
		memory:      mem[memoryAt:][: memory+spareLen : memory+spareLen],
		bell:        b,
		fence:       fence,
		depth:       depth,
	}
}

// Open has packets taken from now on. Until Settle says that what passed into the device before
// was read, what the ring cannot take is dropped. A ring is opened once, and not any more when it
// was closed.
func (r *Ring) Open() {
	if r.shut.Load() {
		return
	}
	atomic.OrUint64(&r.header.claimed, young)
	if r.shut.Load() {
		r.Close()
	}
}

// Fence returns when all packets are in their device that passed before any ring was opened, but
// for what the kernel's own queueing discipline holds back.
func (r *Ring) Fence() error { return r.fence() }

// Depth returns how many packets each queue of the device holds at most: when so many were read
// since Fence returned, none is left of those that passed before.
func (r *Ring) Depth() int { return r.depth }

// Settle says that what had passed when Fence returned was read.
func (r *Ring) Settle() {
	for {
		claimed := atomic.LoadUint64(&r.header.claimed)
		if claimed&stateMask != young || atomic.CompareAndSwapUint64(&r.header.claimed, claimed, claimed&^stateMask|open) {
			return
		}
	}
}

// Close lets packets pass into the device from now on, for good. The ring may hold packets from
// before: until Empty says that it does not, Take has to be called. While a ring is young that
// would not keep the order.
func (r *Ring) Close() {
	r.shut.Store(true)
	atomic.AndUint64(&r.header.claimed, ^uint64(stateMask))
}

// settleLimit is how long it is waited for a worker to call Settle: it takes the reading of what
// the device holds.
const settleLimit = 10 * time.Second

// awaitSettled returns when the ring is not young, or the worker does not do anything.
func (r *Ring) awaitSettled() {
	for deadline := time.Now().Add(settleLimit); atomic.LoadUint64(&r.header.claimed)&stateMask == young; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return
		}
	}
}

// IsClosed reports whether packets pass into the device.
func (r *Ring) IsClosed() bool { return atomic.LoadUint64(&r.header.claimed)&stateMask == closed }

// Arm has the next packet ring the bell, for a worker that is about to sleep. It fails, and
// changes nothing, if the ring holds packets. A closed ring stays closed: its packets wake the
// worker by the device.
func (r *Ring) Arm() bool {
	empty := uint64(r.next)<<32 | uint64(r.end)
	return atomic.CompareAndSwapUint64(&r.header.claimed, empty|open, empty|armed) ||
		atomic.LoadUint64(&r.header.claimed) == empty|armed || r.IsClosed() && r.Empty()
}

// Disarm has no packet ring the bell, for a worker that is awake.
func (r *Ring) Disarm() {
	for {
		claimed := atomic.LoadUint64(&r.header.claimed)
		if claimed&stateMask != armed || atomic.CompareAndSwapUint64(&r.header.claimed, claimed, claimed&^stateMask|open) {
			break
		}
	}
	r.bell.hush()
}

// BellFD is readable, edge-triggered (EPOLLET), when the bell has rung.
func (r *Ring) BellFD() int { return r.bell.ringBuf.FD() }

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

// Dropped returns how many segments were dropped: they found the ring full, or the device
// without a carrier, or could not be taken before Settle.
func (r *Ring) Dropped() uint64 { return atomic.LoadUint64(&r.header.dropped) }

// Refused returns how many packets went through the device because a ring cannot take them.
func (r *Ring) Refused() uint64 { return atomic.LoadUint64(&r.header.refused) }
