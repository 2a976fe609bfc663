package offload

import "encoding/binary"

// Lengths in bytes of the longer forms, which TUNSETVNETHDRSZ asks for. What a
// form adds is zero for packets that have no use for it.
const (
	VnetHdrV1Len           = 12
	VnetHdrV1HashTunnelLen = 24
)

// What golang.org/x/sys/unix does not have of include/uapi/linux/virtio_net.h,
// Linux 6.17.
const (
	// VnetHdrFUDPTunnelCsum is VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM: the outer UDP
	// header of each segment has a checksum.
	VnetHdrFUDPTunnelCsum = 0x08
	// VnetHdrGSOUDPTunnelIPv4 is VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4: the
	// superpacket is inside a UDP tunnel over IPv4.
	VnetHdrGSOUDPTunnelIPv4 = 0x20
	// VnetHdrGSOUDPTunnelIPv6 is VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6.
	VnetHdrGSOUDPTunnelIPv6 = 0x40

	gsoUDPTunnelMask = VnetHdrGSOUDPTunnelIPv4 | VnetHdrGSOUDPTunnelIPv6
)

// VnetHdrV1 is struct virtio_net_hdr_v1, of the same layout as struct
// virtio_net_hdr_mrg_rxbuf: the form of VnetHdrV1Len bytes.
type VnetHdrV1 struct {
	VnetHdr
	NumBuffers uint16 // of no meaning to a tun fd
}

// VnetHdrV1HashTunnel is struct virtio_net_hdr_v1_hash_tunnel, the form of
// VnetHdrV1HashTunnelLen bytes that UDP-tunnel superpackets need (Linux 6.17).
// What it adds to VnetHdrV1 is little-endian on every host. The checksum fields
// are those of the inner packet.
type VnetHdrV1HashTunnel struct {
	VnetHdrV1
	HashValueLo   uint16
	HashValueHi   uint16
	HashReport    uint16
	Padding       uint16
	OuterTHOffset uint16 // where the outer UDP header begins
	InnerNHOffset uint16 // where the inner IP header begins
}

// Positions of the fields that the longer forms add.
const (
	posNumBuffers    = 10
	posHashValueLo   = 12
	posHashValueHi   = 14
	posHashReport    = 16
	posPadding       = 18
	posOuterTHOffset = 20
	posInnerNHOffset = 22
)

// Decode reads the header from the first VnetHdrV1Len bytes of b.
func (h *VnetHdrV1) Decode(b []byte) error {
	if len(b) < VnetHdrV1Len {
		return ErrShortVnetHdr
	}
	h.NumBuffers = binary.NativeEndian.Uint16(b[posNumBuffers:])
	return h.VnetHdr.Decode(b)
}

// Encode writes the header into the first VnetHdrV1Len bytes of b.
func (h *VnetHdrV1) Encode(b []byte) error {
	if len(b) < VnetHdrV1Len {
		return ErrShortVnetHdr
	}
	binary.NativeEndian.PutUint16(b[posNumBuffers:], h.NumBuffers)
	return h.VnetHdr.Encode(b)
}

// Decode reads the header from the first VnetHdrV1HashTunnelLen bytes of b.
func (h *VnetHdrV1HashTunnel) Decode(b []byte) error {
	if len(b) < VnetHdrV1HashTunnelLen {
		return ErrShortVnetHdr
	}
	h.HashValueLo = binary.LittleEndian.Uint16(b[posHashValueLo:])
	h.HashValueHi = binary.LittleEndian.Uint16(b[posHashValueHi:])
	h.HashReport = binary.LittleEndian.Uint16(b[posHashReport:])
	h.Padding = binary.LittleEndian.Uint16(b[posPadding:])
	h.OuterTHOffset = binary.LittleEndian.Uint16(b[posOuterTHOffset:])
	h.InnerNHOffset = binary.LittleEndian.Uint16(b[posInnerNHOffset:])
	return h.VnetHdrV1.Decode(b)
}

// Encode writes the header into the first VnetHdrV1HashTunnelLen bytes of b.
func (h *VnetHdrV1HashTunnel) Encode(b []byte) error {
	if len(b) < VnetHdrV1HashTunnelLen {
		return ErrShortVnetHdr
	}
	binary.LittleEndian.PutUint16(b[posHashValueLo:], h.HashValueLo)
	binary.LittleEndian.PutUint16(b[posHashValueHi:], h.HashValueHi)
	binary.LittleEndian.PutUint16(b[posHashReport:], h.HashReport)
	binary.LittleEndian.PutUint16(b[posPadding:], h.Padding)
	binary.LittleEndian.PutUint16(b[posOuterTHOffset:], h.OuterTHOffset)
	binary.LittleEndian.PutUint16(b[posInnerNHOffset:], h.InnerNHOffset)
	return h.VnetHdrV1.Encode(b)
}
