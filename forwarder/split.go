package forwarder

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// splitter turns superpackets into segments: all of them, or those of a kind that the
// kernel refused to take.
type splitter struct {
	always     bool
	vnetHdrLen int
	ethernet   bool
	refused    [256]bool // by GSO type, without the ECN bit
	note       func(string)

	segmenter offload.Segmenter
	head      []byte        // vnet header and headers of a segment
	iovs      [2]unix.Iovec // head, payload
	whole     []byte        // an output in one piece
}

func newSplitter(vnetHdrLen int, ethernet, always bool, note func(string)) *splitter {
	return &splitter{
		always: always, vnetHdrLen: vnetHdrLen, ethernet: ethernet, note: note,
		head: make([]byte, vnetHdrLen+offload.MaxHeaderLen),
	}
}

// gsoTypeOf returns the GSO type of a frame with a vnet header.
func gsoTypeOf(frame []byte) uint8 { return frame[1] &^ unix.VIRTIO_NET_HDR_GSO_ECN }

// splits reports whether a superpacket has to be split. One inside a UDP tunnel never is:
// taking two layers of headers apart is the kernel's business.
func (s *splitter) splits(frame []byte) bool {
	gsoType := gsoTypeOf(frame)
	return s.refused[gsoType] || s.always && gsoType&(offload.VnetHdrGSOUDPTunnelIPv4|offload.VnetHdrGSOUDPTunnelIPv6) == 0
}

// begin makes next return the segments of a superpacket.
func (s *splitter) begin(frame []byte) offload.Fault {
	var hdr offload.VnetHdr
	if hdr.Decode(frame) != nil {
		return offload.FaultTruncated
	}
	packet, l3 := frame[s.vnetHdrLen:], 0
	if s.ethernet {
		var f offload.Fault
		if l3, f = offload.L3Offset(packet); f != offload.FaultNone {
			return f
		}
	}
	// The kernel completes a partial checksum, or leaves that to whoever needs it.
	if f := s.segmenter.Reset(hdr, packet, l3, offload.PartialChecksum); f != offload.FaultNone {
		return f
	}
	if s.segmenter.Trailer() > 0 {
		return offload.FaultIPLength // no kernel makes such a superpacket
	}
	clear(s.head[:s.vnetHdrLen])
	hdr = s.segmenter.VnetHdr()
	_ = hdr.Encode(s.head) // there is room
	return offload.FaultNone
}

// next returns the vectors of the next segment, valid until the call after it; nil after
// the last.
func (s *splitter) next() []unix.Iovec {
	n, payload, ok := s.segmenter.Next(s.head[s.vnetHdrLen:])
	if !ok {
		return nil
	}
	s.iovs[0].Base = &s.head[0]
	s.iovs[0].SetLen(s.vnetHdrLen + n)
	if len(payload) == 0 {
		return s.iovs[:1]
	}
	s.iovs[1].Base = &payload[0]
	s.iovs[1].SetLen(len(payload))
	return s.iovs[:]
}

// onePiece returns an output as one frame.
func (s *splitter) onePiece(out *offload.Output) []byte {
	s.whole = s.whole[:0]
	for _, iov := range out.Iovs {
		s.whole = append(s.whole, unsafe.Slice(iov.Base, iov.Len)...)
	}
	return s.whole
}

// writeSegments writes a superpacket of so many segments as these, in order and at once.
func (d *direction) writeSegments(frame []byte, segments int) error {
	if f := d.split.begin(frame); f != offload.FaultNone {
		d.published.drops[dropFault(f)].Add(uint64(segments))
		return nil
	}
	for iovs := d.split.next(); iovs != nil; iovs = d.split.next() {
		_, errno := d.dst.Writev(iovs)
		if err := d.countWrite(1, errno); err != nil {
			return err
		}
	}
	return nil
}

// resend writes a superpacket that the kernel refused as segments, if they can be told.
// Some kernels refuse at run time what they took when the device was made. From then on
// this kind is split at once, and nothing is coalesced any more.
//
// What came behind it in the same batch may be out already: once, a flow can lose its
// order.
func (d *direction) resend(out *offload.Output) (resent bool, err error) {
	frame := d.split.onePiece(out)
	if len(frame) <= d.vnetHdrLen || gsoTypeOf(frame) == unix.VIRTIO_NET_HDR_GSO_NONE || d.split.begin(frame) != offload.FaultNone {
		return false, nil
	}
	written := d.counters.writtenSegments
	err = d.writeSegments(frame, out.Segments)
	if gsoType := gsoTypeOf(frame); d.counters.writtenSegments > written && !d.split.refused[gsoType] {
		d.split.refused[gsoType] = true
		d.gro = nil
		d.split.note(fmt.Sprintf("superpackets of GSO type %d: %v refuses them (EINVAL): they are split, and nothing is coalesced", gsoType, d.dst))
	}
	return true, err
}
