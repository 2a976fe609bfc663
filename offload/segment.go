package offload

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// MaxHeaderLen is the most bytes of headers that a segment may have, from the start of the
// packet to the payload: as many as the longest packet with its Ethernet header has. The
// kernel has no limit to IPv6 extension headers either (ipv6_gso_pull_exthdrs in
// net/ipv6/ip6_offload.c).
const MaxHeaderLen = 0xffff + ipv6HdrLen + ethernetHdrLen + maxVLANTags*vlanTagLen

// ChecksumMode says what a Segmenter leaves in the checksum field of TCP and UDP.
type ChecksumMode uint8

const (
	// FullChecksum is the checksum over pseudo header, header and payload.
	FullChecksum ChecksumMode = iota
	// PartialChecksum is the sum of the pseudo header alone, for somebody else to
	// complete: the segment needs a vnet header with NEEDS_CSUM.
	PartialChecksum
)

// Segmenter takes a superpacket apart into the segments that the kernel would
// have made of it (tcp_gso_segment in net/ipv4/tcp_offload.c, __udp_gso_segment
// in net/ipv4/udp_offload.c, inet_gso_segment in net/ipv4/af_inet.c,
// ipv6_gso_segment in net/ipv6/ip6_offload.c). It allocates nothing and copies no
// payload. One goroutine may use it; the zero value has no segments.
//
//	fault := s.Reset(hdr, packet, l3, mode)
//	for {
//		n, payload, ok := s.Next(head)
//		if !ok {
//			break
//		}
//		// the segment is head[:n], then payload
//	}
type Segmenter struct {
	packet   []byte
	headers  Headers
	csumMode ChecksumMode
	gsoSize  int
	csumPos  int    // where the L4 checksum is
	pseudo   uint16 // sum of the pseudo header without the length
	next     int    // where the payload of the next segment begins
	index    int    // of the next segment
	left     int    // segments
}

// Reset makes s begin with the superpacket whose vnet header is hdr and whose IP
// header begins at l3. The packet must not change until its last segment is done
// with. After a fault s has no segments; what Validate finds is one. A wrong IPv4 header
// checksum, for which a router drops a packet, is FaultIPv4Checksum: segments get one made
// anew, which would hide it.
//
// As in the kernel, the pseudo header sum that the superpacket has in its
// checksum field is taken over, not made anew: damage shows in every segment.
// What follows the IP packet is left out.
func (s *Segmenter) Reset(hdr VnetHdr, packet []byte, l3 int, mode ChecksumMode) Fault {
	*s = Segmenter{}
	var headers Headers
	if !hdr.IsSuperpacket() {
		return FaultGSOType
	}
	if f := hdr.validate(packet, l3, &headers); f != FaultNone {
		return f
	}
	if headers.Version == 4 && fold(sumWords(packet[headers.L3:headers.L4], 0)) != 0xffff {
		return FaultIPv4Checksum
	}
	s.packet = packet
	s.headers = headers
	s.csumMode = mode
	s.gsoSize = int(hdr.GSOSize)
	s.csumPos = int(hdr.CsumStart) + int(hdr.CsumOffset)
	// Ones' complement: adding the complement takes the length out.
	s.pseudo = fold(uint64(binary.BigEndian.Uint16(packet[s.csumPos:])) + uint64(^uint16(headers.End-headers.L4)))
	s.next = headers.Payload
	s.left = hdr.SegmentCount(headers.End, headers.Payload)
	return FaultNone
}

// Left returns how many segments are still to come.
func (s *Segmenter) Left() int { return s.left }

// NextLen returns the length in bytes of the next segment; 0 if there is none.
func (s *Segmenter) NextLen() int {
	if s.left == 0 {
		return 0
	}
	return s.headers.Payload + min(s.gsoSize, s.headers.End-s.next)
}

// Trailer returns how many bytes follow the IP packet; they are in no segment.
func (s *Segmenter) Trailer() int { return len(s.packet) - s.headers.End }

// VnetHdr returns the vnet header of every segment: no superpacket any more, and
// NEEDS_CSUM under PartialChecksum.
func (s *Segmenter) VnetHdr() VnetHdr {
	if s.csumMode == FullChecksum {
		return VnetHdr{}
	}
	return VnetHdr{
		Flags:      unix.VIRTIO_NET_HDR_F_NEEDS_CSUM,
		CsumStart:  uint16(s.headers.L4),
		CsumOffset: uint16(s.csumPos - s.headers.L4),
	}
}

// Next writes the headers of the next segment into head, which must have
// MaxHeaderLen bytes, and returns their length and the payload, a part of the
// superpacket. ok is false when there is no more segment.
func (s *Segmenter) Next(head []byte) (headLen int, payload []byte, ok bool) {
	if s.left == 0 {
		return 0, nil, false
	}
	s.left--
	end := min(s.next+s.gsoSize, s.headers.End)
	payload = s.packet[s.next:end:end]
	headLen = s.headers.Payload
	head = head[:headLen]
	copy(head, s.packet)

	l4Len := headLen - s.headers.L4 + len(payload)
	s.finishIP(head[s.headers.L3:], s.headers.L4-s.headers.L3+l4Len)
	if s.headers.Protocol == unix.IPPROTO_TCP {
		s.finishTCP(head[s.headers.L4:])
	} else {
		binary.BigEndian.PutUint16(head[s.headers.L4+udpLenPos:], uint16(l4Len))
	}
	s.finishChecksum(head, payload, l4Len)

	s.next = end
	s.index++
	return headLen, payload, true
}

// finishIP sets what depends on the segment in the IP header that head begins
// with: its length, and the IPv4 identification and header checksum.
func (s *Segmenter) finishIP(head []byte, ipLen int) {
	if s.headers.Version == 6 {
		binary.BigEndian.PutUint16(head[ipv6PayloadLenPos:], uint16(ipLen-ipv6HdrLen))
		return
	}
	binary.BigEndian.PutUint16(head[ipv4TotalLenPos:], uint16(ipLen))
	id := binary.BigEndian.Uint16(head[ipv4IDPos:])
	binary.BigEndian.PutUint16(head[ipv4IDPos:], id+uint16(s.index))
	binary.BigEndian.PutUint16(head[ipv4CheckPos:], 0)
	hdrLen := s.headers.L4 - s.headers.L3
	binary.NativeEndian.PutUint16(head[ipv4CheckPos:], ^fold(sumWords(head[:hdrLen], 0)))
}

// finishTCP sets the sequence number and takes away the flags that belong to
// another segment: CWR to the first, FIN and PSH to the last.
func (s *Segmenter) finishTCP(head []byte) {
	seq := binary.BigEndian.Uint32(head[tcpSeqPos:])
	binary.BigEndian.PutUint32(head[tcpSeqPos:], seq+uint32(s.index*s.gsoSize))
	if s.index > 0 {
		head[tcpFlagsPos] &^= tcpFlagCWR
	}
	if s.left > 0 {
		head[tcpFlagsPos] &^= tcpFlagFIN | tcpFlagPSH
	}
}

// finishChecksum sets the L4 checksum, everything else being in place.
func (s *Segmenter) finishChecksum(head, payload []byte, l4Len int) {
	field := head[s.csumPos:]
	pseudo := fold(uint64(s.pseudo) + uint64(l4Len))
	if s.csumMode == PartialChecksum {
		binary.BigEndian.PutUint16(field, pseudo)
		return
	}
	binary.BigEndian.PutUint16(field, 0)
	check := ^Sum(payload, Sum(head[s.headers.L4:], pseudo))
	if check == 0 && s.headers.Protocol == unix.IPPROTO_UDP {
		check = 0xffff // zero would say that there is no checksum (RFC 768)
	}
	binary.BigEndian.PutUint16(field, check)
}
