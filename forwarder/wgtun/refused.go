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
}

// resend writes the segments of an output that was refused.
func (w *writer) resend(out *offload.Output) {
	s := &w.refused
	s.whole = s.whole[:0]
	for _, iov := range out.Iovs {
		s.whole = append(s.whole, unsafe.Slice(iov.Base, iov.Len)...)
	}
	var hdr offload.VnetHdr
	if hdr.Decode(s.whole) != nil || s.segment.Reset(hdr, s.whole[w.hdrLen:], 0, offload.PartialChecksum) != offload.FaultNone {
		w.failed(unix.EINVAL)
		return
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
	for {
		n, payload, ok := s.segment.Next(s.head[w.hdrLen:])
		if !ok {
			return
		}
		s.iovs[0].Base = &s.head[0]
		s.iovs[0].SetLen(w.hdrLen + n)
		s.iovs[1].Base = unsafe.SliceData(payload)
		s.iovs[1].SetLen(len(payload))
		if _, errno := w.queue.Writev(s.iovs[:]); errno != 0 {
			w.failed(errno)
			return
		}
		w.written++
	}
}
