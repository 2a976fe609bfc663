package offload

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// maxIPLen bounds the IP packet of an output: it is what the total length field holds.
const maxIPLen = 65535

// minTCPSize is the least payload of the segments that a run of TCP is made of. The kernel cuts
// superpackets of smaller ones anew when they are written, into segments of this size
// (TCP_MIN_GSO_SIZE in include/net/tcp.h; seen on Linux 6.12.117 and 7.3.4, not on 6.12.107).
const minTCPSize = 8

// run is the packets of one flow that become an output.
type run struct {
	first arrival

	open     bool // another packet may join
	verified bool // the first packet is intact
	tcpFlags uint8
	id       uint16 // the next packet's, if there are two
	idStep   uint16 // from one segment to the next
	pseudo   uint16 // sum of the pseudo header without the length, once verified
	seq      uint32 // the next packet's
	end      int    // of the frame, were it in one piece
	packets  int
	segments int

	firstPiece int
	lastPiece  int
}

// begin makes the run one of its first packet, whose piece is given.
func (r *run) begin(piece int) {
	a := &r.first
	r.open = a.joins && !a.last && (a.protocol != unix.IPPROTO_TCP || a.size >= minTCPSize)
	r.verified = false
	r.tcpFlags = a.tcpFlags
	r.seq = a.nextSeq()
	r.end = a.end
	r.packets = 1
	r.segments = a.segments
	r.firstPiece, r.lastPiece = piece, piece
}

// nextSeq returns the sequence number that follows the packet: 0 for UDP.
func (a *arrival) nextSeq() uint32 {
	if a.protocol == unix.IPPROTO_TCP {
		return a.seq + uint32(a.end-a.payload)
	}
	return 0
}

// admits reports whether the packet, which has the same key, may join if it is intact.
func (r *run) admits(a *arrival, maxSegments int) bool {
	f, payload := &r.first, a.end-a.payload
	return r.open && a.joins &&
		a.seq == r.seq && a.likeL4 == f.likeL4 && a.payload == f.payload &&
		// A single segment may be shorter than those before.
		(a.size == f.size || a.size < f.size && a.segments == 1) &&
		r.segments+a.segments <= maxSegments && r.end+payload-f.ip <= maxIPLen &&
		r.admitsID(a) &&
		(f.likeFrom == f.payload || string(f.frame[f.likeFrom:f.payload]) == string(a.frame[a.likeFrom:a.payload])) &&
		(f.ether == f.ip || string(f.frame[f.ether:f.ip]) == string(a.frame[a.ether:a.ip]))
}

// admitsID reports whether the identification goes on. The second packet decides whether
// it counts or, where it may, stays the same.
func (r *run) admitsID(a *arrival) bool {
	if r.packets == 1 {
		r.idStep = 1
		if a.fixedID && a.id == r.first.id {
			r.idStep = 0
		}
		r.id = r.first.id + r.idStep*uint16(r.segments)
	}
	return a.id == r.id
}

// intact verifies the packet, and the first one unless that was done: many packets never
// meet a second one. All else being equal, the IPv4 header checksum is right if the
// fields that differ add up to what they did in the first packet.
func (r *run) intact(a *arrival) bool {
	f := &r.first
	if !r.verified {
		r.pseudo = f.pseudoSum()
		r.verified = f.intactIP() && f.intactL4(r.pseudo)
	}
	const atLeast = 3 * 0xffff // what ipSum is at most
	return r.verified && (a.ipSum+atLeast-f.ipSum)%0xffff == 0 && a.intactL4(r.pseudo)
}

// take counts the packet in, which may have been the last.
func (r *run) take(a *arrival) {
	payload := a.end - a.payload
	r.id += r.idStep * uint16(a.segments)
	r.seq = a.nextSeq()
	r.packets++
	r.segments += a.segments
	r.end += payload
	r.tcpFlags |= a.tcpFlags
	r.open = !a.last && payload == a.segments*r.first.size
}

// finish makes the headers of the first packet those of a superpacket.
func (r *run) finish(vnetHdrLen int) {
	f := &r.first
	ipLen, l4Len := r.end-f.ip, r.end-f.l4
	ip, l4 := f.frame[f.ip:], f.frame[f.l4:]
	v4 := ip[0] == ipv4NoOptions
	if v4 {
		binary.BigEndian.PutUint16(ip[ipv4TotalLenPos:], uint16(ipLen))
		binary.NativeEndian.PutUint16(ip[ipv4CheckPos:], 0)
		binary.NativeEndian.PutUint16(ip[ipv4CheckPos:], ^fold(sumWords(ip[:ipv4MinHdrLen], 0)))
	} else {
		binary.BigEndian.PutUint16(ip[ipv6PayloadLenPos:], uint16(ipLen-ipv6HdrLen))
	}
	hdr := VnetHdr{
		Flags:      unix.VIRTIO_NET_HDR_F_NEEDS_CSUM,
		GSOType:    gsoTypeOf(f.protocol, v4),
		HdrLen:     uint16(f.payload - vnetHdrLen),
		GSOSize:    uint16(f.size),
		CsumStart:  uint16(f.l4 - vnetHdrLen),
		CsumOffset: uint16(csumOffset(f.protocol)),
	}
	if f.protocol == unix.IPPROTO_TCP {
		l4[tcpFlagsPos] = r.tcpFlags
	} else {
		binary.BigEndian.PutUint16(l4[udpLenPos:], uint16(l4Len))
	}
	binary.NativeEndian.PutUint16(l4[hdr.CsumOffset:], fold(uint64(r.pseudo)+uint64(toNative(uint16(l4Len)))))
	clear(f.frame[VnetHdrLen:vnetHdrLen])
	_ = hdr.Encode(f.frame) // as long as when it was read
}

// gsoTypeOf returns the GSO type of a superpacket of the protocol.
func gsoTypeOf(protocol uint8, v4 bool) uint8 {
	switch {
	case protocol == unix.IPPROTO_UDP:
		return unix.VIRTIO_NET_HDR_GSO_UDP_L4
	case v4:
		return unix.VIRTIO_NET_HDR_GSO_TCPV4
	}
	return unix.VIRTIO_NET_HDR_GSO_TCPV6
}
