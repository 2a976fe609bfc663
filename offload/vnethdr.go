package offload

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// VnetHdrLen is the length in bytes of the basic virtio_net_hdr, the default
// of a tun fd opened with IFF_VNET_HDR.
const VnetHdrLen = 10

// ErrShortVnetHdr says that a buffer is too short to hold a virtio_net_hdr.
var ErrShortVnetHdr = errors.New("shorter than a virtio_net_hdr")

// VnetHdr is struct virtio_net_hdr of include/uapi/linux/virtio_net.h, fields
// in kernel order. It travels before every packet on a fd with IFF_VNET_HDR, in
// the byte order of the host (unless TUNSETVNETLE or TUNSETVNETBE was used).
// All lengths and positions are bytes, positions from the start of the packet.
type VnetHdr struct {
	Flags      uint8  // VIRTIO_NET_HDR_F_*
	GSOType    uint8  // VIRTIO_NET_HDR_GSO_*, the ECN bit may be set
	HdrLen     uint16 // Ethernet, IP and L4 headers; a hint, can be wrong
	GSOSize    uint16 // payload bytes of each segment but the last
	CsumStart  uint16 // where the L4 header, and its checksum, begins
	CsumOffset uint16 // where behind CsumStart the checksum is stored
}

// Positions of the fields of struct virtio_net_hdr.
const (
	posFlags      = 0
	posGSOType    = 1
	posHdrLen     = 2
	posGSOSize    = 4
	posCsumStart  = 6
	posCsumOffset = 8
)

// Decode reads the header from the first VnetHdrLen bytes of b.
func (h *VnetHdr) Decode(b []byte) error {
	if len(b) < VnetHdrLen {
		return ErrShortVnetHdr
	}
	h.Flags = b[posFlags]
	h.GSOType = b[posGSOType]
	h.HdrLen = binary.NativeEndian.Uint16(b[posHdrLen:])
	h.GSOSize = binary.NativeEndian.Uint16(b[posGSOSize:])
	h.CsumStart = binary.NativeEndian.Uint16(b[posCsumStart:])
	h.CsumOffset = binary.NativeEndian.Uint16(b[posCsumOffset:])
	return nil
}

// Encode writes the header into the first VnetHdrLen bytes of b.
func (h *VnetHdr) Encode(b []byte) error {
	if len(b) < VnetHdrLen {
		return ErrShortVnetHdr
	}
	b[posFlags] = h.Flags
	b[posGSOType] = h.GSOType
	binary.NativeEndian.PutUint16(b[posHdrLen:], h.HdrLen)
	binary.NativeEndian.PutUint16(b[posGSOSize:], h.GSOSize)
	binary.NativeEndian.PutUint16(b[posCsumStart:], h.CsumStart)
	binary.NativeEndian.PutUint16(b[posCsumOffset:], h.CsumOffset)
	return nil
}

// IsSuperpacket reports whether the packet behind the header is a superpacket.
func (h *VnetHdr) IsSuperpacket() bool { return h.GSOType != unix.VIRTIO_NET_HDR_GSO_NONE }

// innerGSOType returns the GSO type of the innermost TCP or UDP packet.
func (h *VnetHdr) innerGSOType() uint8 {
	return h.GSOType &^ (unix.VIRTIO_NET_HDR_GSO_ECN | gsoUDPTunnelMask)
}

// HeaderLen returns how many bytes of the superpacket pkt are headers: up to and
// including TCP or UDP, those inside the tunnel if there is one. It looks the L4
// length up behind CsumStart, because HdrLen of a packet that was forwarded may
// be as long as its whole linear part (virtio_net_hdr_from_skb in
// include/linux/virtio_net.h). ok is false when the header and the packet
// contradict each other; Validate finds more contradictions, for more work.
func (h *VnetHdr) HeaderLen(pkt []byte) (n int, ok bool) {
	if h.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM == 0 {
		return 0, false
	}
	start := int(h.CsumStart)
	switch h.innerGSOType() {
	case unix.VIRTIO_NET_HDR_GSO_UDP_L4:
		n = start + udpHdrLen
	case unix.VIRTIO_NET_HDR_GSO_TCPV4, unix.VIRTIO_NET_HDR_GSO_TCPV6:
		if start+tcpMinHdrLen > len(pkt) {
			return 0, false
		}
		l4 := int(pkt[start+tcpDataOffPos]>>4) * tcpDataOffUnit
		if l4 < tcpMinHdrLen {
			return 0, false
		}
		n = start + l4
	default:
		return 0, false
	}
	return n, n <= len(pkt)
}

// SegmentCount returns how many wire-size packets pkt stands for, given the
// length of its headers as HeaderLen returned it. It is at least 1.
func (h *VnetHdr) SegmentCount(pktLen, headerLen int) int {
	payload := pktLen - headerLen
	if h.GSOSize == 0 || payload <= int(h.GSOSize) {
		return 1
	}
	return (payload + int(h.GSOSize) - 1) / int(h.GSOSize)
}
