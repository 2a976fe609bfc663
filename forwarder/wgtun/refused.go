package wgtun

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// refused owns what is done about superpackets that the kernel refuses (EINVAL) though it took
// the offload when the device was made: Linux 6.6.44 and its neighbours do, some of UDP. They
// are sent as segments, and from then on no packets of that protocol are coalesced.
type refused struct {
	segment offload.Segmenter
	whole   []byte
	head    []byte
	iovs    [2]unix.Iovec
	apart   bool // segments of an output are still to be written
	made    bool // of these, one lies in iovs
}

// takeApart makes ready to resend an output that was refused. It is false where the output has no segments.
func (w *writer) takeApart(out *offload.Output) bool {
	s := &w.refused
	s.whole = s.whole[:0]
	for _, iov := range out.Iovs {
		s.whole = append(s.whole, unsafe.Slice(iov.Base, iov.Len)...)
	}
	var hdr offload.VnetHdr
	if hdr.Decode(s.whole) != nil || s.segment.Reset(hdr, s.whole[w.hdrLen:], 0, offload.PartialChecksum) != offload.FaultNone {
		return false
	}
	if s.head == nil {
		s.head = make([]byte, frameLen)
	}
	if hdr.GSOType == unix.VIRTIO_NET_HDR_GSO_UDP_L4 {
		w.coalescer.Leave(unix.IPPROTO_UDP)
	} else {
		w.coalescer.Leave(unix.IPPROTO_TCP)
	}
	hdr = s.segment.VnetHdr()
	clear(s.head[:w.hdrLen])
	_ = hdr.Encode(s.head) // there is room
	s.apart, s.made = true, false
	return true
}

// resend writes the segments that are left. It is false while the queue takes no more: then it is to be called again.
func (w *writer) resend() bool {
	s := &w.refused
	for s.made || w.nextSegment() {
		switch _, errno := w.queue.Writev(s.iovs[:]); errno {
		case 0:
			s.made = false
			w.written++
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			w.failed(errno)
			s.apart, s.made = false, false
			return true
		}
	}
	s.apart = false
	return true
}

// nextSegment puts the next segment into iovs; false if there is none.
func (w *writer) nextSegment() bool {
	s := &w.refused
	n, payload, ok := s.segment.Next(s.head[w.hdrLen:])
	if !ok {
		return false
	}
	s.iovs[0].Base = &s.head[0]
	s.iovs[0].SetLen(w.hdrLen + n)
	s.iovs[1].Base = unsafe.SliceData(payload)
	s.iovs[1].SetLen(len(payload))
	s.made = true
	return true
}
