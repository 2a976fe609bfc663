package socket

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/wire"
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

// batch is the memory of one sendmmsg: packets of a few shapes for a connected
// socket. The kernel copies what it sends, so all flows share one batch.
type batch struct {
	segments int   // stamps in each packet
	payloads []int // bytes of payload in each segment, by share
	headers  []mmsghdr
	iovecs   []unix.Iovec
	packets  [][][]byte // by share and place in the batch
}

// newBatch returns a batch of packets with so many segments, each of one of the
// payload lengths.
func newBatch(segments int, payloads []int) *batch {
	n := min(maxBatch, max(1, maxBatchBytes/(segments*slices.Max(payloads))))
	b := &batch{
		segments: segments,
		payloads: payloads,
		headers:  make([]mmsghdr, n),
		iovecs:   make([]unix.Iovec, n),
	}
	for _, payload := range payloads {
		b.packets = append(b.packets, newPackets(n, segments, payload))
	}
	for i := range n {
		b.headers[i].hdr.Iov = &b.iovecs[i]
		b.headers[i].hdr.SetIovlen(1)
	}
	return b
}

// newPackets returns n packets with the pattern in them.
func newPackets(n, segments, payload int) [][]byte {
	packets := make([][]byte, n)
	for i := range packets {
		packets[i] = make([]byte, segments*payload)
		for segment := range slices.Chunk(packets[i], payload) {
			wire.FillPattern(segment[wire.StampLen:])
		}
	}
	return packets
}

func (b *batch) cap() int { return len(b.headers) }

// stamp makes packet i one of that share and writes its stamps: all its segments
// have one intended time, the sequence numbers count up from seq.
func (b *batch) stamp(i int, share uint8, flow uint16, seq uint64, intended int64) {
	packet, payload := b.packets[share][i], b.payloads[share]
	b.iovecs[i].Base = &packet[0]
	b.iovecs[i].SetLen(len(packet))
	for range b.segments {
		wire.Stamp{Flow: flow, Seq: seq, Intended: uint64(intended)}.Put(packet)
		packet = packet[payload:]
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
