package offload

import "golang.org/x/sys/unix"

const csumLen = 2

// Validate compares the header with the packet whose IP header begins at l3, and
// says what one of them lies about. It asks for what the kernel asks of a write
// (virtio_net_hdr_to_skb in include/linux/virtio_net.h, tun_vnet_hdr_get in
// drivers/net/tun_vnet.h) and for what makes a superpacket one: headers that
// agree, NEEDS_CSUM, and the checksum fields at TCP or UDP. A packet that is no
// superpacket may be anything. A UDP-tunnel superpacket is FaultTunnel: only
// VnetHdrV1HashTunnel can tell.
func (h *VnetHdr) Validate(packet []byte, l3 int) Fault {
	var headers Headers
	return h.validate(packet, l3, &headers)
}

// validate is Validate; of a superpacket it also parses the headers.
func (h *VnetHdr) validate(packet []byte, l3 int, headers *Headers) Fault {
	if f := h.validatePositions(packet); f != FaultNone {
		return f
	}
	switch {
	case !h.IsSuperpacket():
		return FaultNone
	case h.GSOType&gsoUDPTunnelMask != 0:
		return FaultTunnel
	}
	return h.validateSuperpacket(packet, l3, headers)
}

func (h *VnetHdr) validatePositions(packet []byte) Fault {
	if int(h.HdrLen) > len(packet) {
		return FaultHdrLen
	}
	needsCsum := h.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0
	if needsCsum && int(h.CsumStart)+int(h.CsumOffset)+csumLen > len(packet) {
		return FaultCsumPosition
	}
	return FaultNone
}

// validateSuperpacket looks at the innermost packet, whose IP header is at l3.
func (h *VnetHdr) validateSuperpacket(packet []byte, l3 int, headers *Headers) Fault {
	version, protocol, csumOffset := uint8(0), uint8(unix.IPPROTO_TCP), tcpCheckPos
	switch h.innerGSOType() {
	case unix.VIRTIO_NET_HDR_GSO_TCPV4:
		version = 4
	case unix.VIRTIO_NET_HDR_GSO_TCPV6:
		version = 6
	case unix.VIRTIO_NET_HDR_GSO_UDP_L4: // over either version
		protocol, csumOffset = unix.IPPROTO_UDP, udpCheckPos
	default:
		return FaultGSOType
	}
	const gsoByFrags = 0xffff // GSO_BY_FRAGS in include/linux/skbuff.h
	if h.GSOSize == 0 || h.GSOSize == gsoByFrags {
		return FaultGSOSize
	}
	if f := headers.Parse(packet, l3); f != FaultNone {
		return f
	}
	switch {
	case headers.Fragment:
		return FaultGSOFragment
	case headers.Protocol != protocol, version != 0 && headers.Version != version:
		return FaultGSOProtocol
	case headers.L4Len != headers.End-headers.L4:
		return FaultUDPLength
	case h.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM == 0:
		return FaultCsumMissing
	case int(h.CsumStart) != headers.L4 || int(h.CsumOffset) != csumOffset:
		return FaultCsumPosition
	}
	return FaultNone
}

// Validate is VnetHdr.Validate that knows UDP tunnels: the tunnel's headers have
// to be where the header says (virtio_net_hdr_tnl_to_skb in
// include/linux/virtio_net.h).
func (h *VnetHdrV1HashTunnel) Validate(packet []byte, l3 int) Fault {
	tunnel := h.GSOType & gsoUDPTunnelMask
	if tunnel == 0 {
		return h.VnetHdr.Validate(packet, l3)
	}
	if f := h.validatePositions(packet); f != FaultNone {
		return f
	}
	var outer, inner Headers
	if f := outer.Parse(packet, l3); f != FaultNone {
		return f
	}
	version := uint8(4)
	if tunnel == VnetHdrGSOUDPTunnelIPv6 {
		version = 6
	}
	switch {
	case tunnel == gsoUDPTunnelMask:
		return FaultGSOType
	case outer.Fragment:
		return FaultGSOFragment
	case outer.Version != version || outer.Protocol != unix.IPPROTO_UDP:
		return FaultGSOProtocol
	case int(h.OuterTHOffset) != outer.L4 || int(h.InnerNHOffset) < outer.Payload:
		return FaultTunnelFields
	}
	return h.validateSuperpacket(packet[:outer.End], int(h.InnerNHOffset), &inner)
}
