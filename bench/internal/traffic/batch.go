package traffic

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxBatch is how many packets one sendmmsg offers at most. The system call is
// then under one part in a hundred of the cost of a packet.
const maxBatch = 64

// maxBatchBytes keeps the buffers of a batch of superpackets in the second-level
// cache.
const maxBatchBytes = 256 << 10

// mmsghdr is struct mmsghdr of linux/socket.h, which x/sys does not have.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// batch is the memory of one sendmmsg: packets of equal shape for a connected
// socket. The kernel copies what it sends, so all flows share one batch.
type batch struct {
	segments int // stamps in each packet
	payload  int // bytes of payload in each segment
	headers  []mmsghdr
	iovecs   []unix.Iovec
	packets  [][]byte
}

func newBatch(segments, payload int) *batch {
	packetLen := segments * payload
	n := min(maxBatch, max(1, maxBatchBytes/packetLen))
	b := &batch{
		segments: segments,
		payload:  payload,
		headers:  make([]mmsghdr, n),
		iovecs:   make([]unix.Iovec, n),
		packets:  make([][]byte, n),
	}
	for i := range n {
		b.packets[i] = make([]byte, packetLen)
		for from := 0; from < packetLen; from += payload {
			FillPattern(b.packets[i][from+StampLen : from+payload])
		}
		b.iovecs[i].Base = &b.packets[i][0]
		b.iovecs[i].SetLen(packetLen)
		b.headers[i].hdr.Iov = &b.iovecs[i]
		b.headers[i].hdr.SetIovlen(1)
	}
	return b
}

func (b *batch) cap() int { return len(b.packets) }

// stamp writes the stamps of packet i: all its segments have one intended time,
// the sequence numbers count up from seq.
func (b *batch) stamp(i int, flow uint16, seq uint64, intended int64) {
	packet := b.packets[i]
	for range b.segments {
		Stamp{Flow: flow, Seq: seq, Intended: uint64(intended)}.Put(packet)
		packet = packet[b.payload:]
		seq++
	}
}

// send offers packets from to to-1 to a non-blocking socket and returns how many
// it took; errno says why it took none.
func (b *batch) send(fd, from, to int) (n int, errno unix.Errno) {
	// RawSyscall: the call never sleeps, and the scheduler need not know of it.
	r, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&b.headers[from])), uintptr(to-from), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}
