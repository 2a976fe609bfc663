package wgtun

import (
	"encoding/binary"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// frameLen holds the longest packet with its vnet header, and more: a frame that fills it was
// cut.
const frameLen = 64<<10 + 64

// enough is the number of packets with which a Read that has met a superpacket returns. The more packets
// are in WireGuard's buffers, the fewer of them are still in a cache when WireGuard encrypts and sends
// them.
const enough = 32

// reader takes packets out of queues and superpackets apart, and hands both out in the order
// in which a queue gave them. It sleeps in the Go scheduler's poller while all are empty.
//
// A reader reads until its destination is full, or has enough of superpackets, or the queues are
// empty. The segments of a superpacket that found no room are the beginning of the next Read.
type reader struct {
	mu     sync.Mutex // one Read at a time
	queues []*tun.Queue
	file   *os.File // that becomes readable with any of the queues
	wait   syscall.RawConn
	step   func(fd uintptr) bool // fill, made once: it would be an allocation for each Read
	to     destination

	hdrLen  int // of the vnet header
	at      int // the queue that is read next
	frame   []byte
	iov     [1]unix.Iovec // all of frame
	segment offload.Segmenter
	packet  []byte // in frame, where it is no superpacket
	err     error  // of a queue; the next Read returns it
	cut     bool   // a packet was longer than the memory that Read was given

	dropped atomic.Uint64
}

// destination is the memory that one Read was given.
type destination interface {
	// next returns where a packet of so many bytes goes, or nil if there is no more room.
	next(length int) []byte
	// count returns how many packets it has.
	count() int
	// fits reports whether an empty one could hold a packet of so many bytes.
	fits(length int) bool
}

func newReader(queues []*tun.Queue, file *os.File, to destination) (*reader, error) {
	wait, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	r := &reader{queues: queues, file: file, wait: wait, to: to, hdrLen: queues[0].VnetHdrLen(), frame: make([]byte, frameLen)}
	r.iov[0].Base = &r.frame[0]
	r.iov[0].SetLen(len(r.frame))
	r.step = r.fill
	return r, nil
}

// read fills the destination with at least one packet. It returns os.ErrClosed after close.
func (r *reader) read() error {
	if r.handOut() && r.err == nil {
		if err := r.wait.Read(r.step); err != nil && r.to.count() == 0 {
			return os.ErrClosed
		}
	}
	if r.to.count() > 0 || r.cut {
		return nil
	}
	err := r.err
	r.err = nil
	return err
}

// fill reads until the destination is full or all queues are empty. It reports whether Read has
// something to return; if not the poller calls it again when there are packets.
func (r *reader) fill(uintptr) bool {
	for empty := 0; empty < len(r.queues); {
		n, errno := r.queues[r.at].Readv(r.iov[:])
		switch errno {
		case 0:
			empty = 0
			r.arrived(n)
			super := r.segment.Left() > 0
			if !r.handOut() || super && r.to.count() >= enough {
				r.turn() // so that one queue that is never empty does not keep out the others
				return true
			}
		case unix.EAGAIN:
			empty++
			r.turn()
		case unix.EINTR:
		default:
			if r.err = errno; tun.IsGone(errno) {
				r.err = os.ErrClosed
			}
			return true
		}
	}
	return r.to.count() > 0 || r.cut
}

func (r *reader) turn() {
	if r.at++; r.at == len(r.queues) {
		r.at = 0
	}
}

// arrived takes in a frame of n bytes.
func (r *reader) arrived(n int) {
	var hdr offload.VnetHdr
	if n <= r.hdrLen || n == len(r.frame) || hdr.Decode(r.frame) != nil {
		r.dropped.Add(1)
		return
	}
	packet := r.frame[r.hdrLen:n]
	switch {
	case hdr.IsSuperpacket():
		if r.segment.Reset(hdr, packet, 0, offload.FullChecksum) != offload.FaultNone {
			r.dropped.Add(1)
		}
	case hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 && !completeChecksum(packet, int(hdr.CsumStart), int(hdr.CsumOffset)):
		r.dropped.Add(1)
	default:
		r.packet = packet
	}
}

// handOut gives the destination the packets of the last frame. It reports whether there is
// room for more.
func (r *reader) handOut() bool {
	for {
		length := len(r.packet)
		if length == 0 {
			if length = r.segment.NextLen(); length == 0 {
				return r.to.count() < BatchSize
			}
		}
		dst := r.to.next(length)
		if dst == nil {
			if r.to.fits(length) {
				return false
			}
			r.dropOne()
			continue
		}
		if len(r.packet) > 0 {
			copy(dst, r.packet)
			r.packet = nil
			continue
		}
		n, payload, _ := r.segment.Next(dst)
		copy(dst[n:], payload)
	}
}

// dropOne drops the packet that comes next: no Read with such buffers would have room for it.
func (r *reader) dropOne() {
	r.dropped.Add(1)
	r.cut = true
	if len(r.packet) > 0 {
		r.packet = nil
		return
	}
	r.segment = offload.Segmenter{}
}

// completeChecksum replaces the sum of a pseudo header by the checksum, as the kernel would
// (skb_checksum_help in net/core/dev.c). It is false where the packet has no such place.
func completeChecksum(packet []byte, start, offset int) bool {
	at := start + offset
	if at+2 > len(packet) {
		return false
	}
	pseudo := binary.BigEndian.Uint16(packet[at:])
	packet[at], packet[at+1] = 0, 0
	check := ^offload.Sum(packet[start:], pseudo)
	if check == 0 {
		check = 0xffff // CSUM_MANGLED_0: 0 would say that there is none
	}
	binary.BigEndian.PutUint16(packet[at:], check)
	return true
}
