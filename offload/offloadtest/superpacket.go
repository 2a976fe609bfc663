package offloadtest

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// Frame puts a vnet header that says nothing before a packet.
func Frame(packet []byte) []byte {
	return slices.Concat(make([]byte, offload.VnetHdrLen), packet)
}

// Partial returns a packet of the flow as a frame whose checksum is left to do.
func (f *Flow) Partial(packet []byte) []byte { return f.partial(packet, offload.VnetHdr{}) }

func (f *Flow) partial(packet []byte, hdr offload.VnetHdr) []byte {
	b := Frame(packet)
	p := b[offload.VnetHdrLen:]
	hdr.Flags = unix.VIRTIO_NET_HDR_F_NEEDS_CSUM
	hdr.CsumStart = uint16(f.L4())
	hdr.CsumOffset = uint16(csumPos(f.Protocol))
	_ = hdr.Encode(b) // as long as made above
	pseudo := fold(pseudoSum(p[f.L3():], f.Protocol, len(p)-f.L4()))
	binary.BigEndian.PutUint16(p[f.L4()+csumPos(f.Protocol):], pseudo)
	return b
}

// Superpacket makes one frame of consecutive packets of the flow, all but the last with size
// bytes of payload.
func (f *Flow) Superpacket(packets [][]byte, size int) []byte {
	headers := f.HeadersLen()
	hdr := offload.VnetHdr{GSOSize: uint16(size), HdrLen: uint16(headers)}
	p := slices.Clone(packets[0])
	for _, next := range packets[1:] {
		p = append(p, next[headers:]...)
		if f.Protocol == unix.IPPROTO_TCP {
			p[f.L4()+13] |= next[f.L4()+13]
		}
	}
	ip := p[f.L3():]
	if f.Version == 4 {
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
		SetIPv4Checksum(ip)
	} else {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Len))
	}
	switch {
	case f.Protocol == unix.IPPROTO_UDP:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_UDP_L4
		binary.BigEndian.PutUint16(p[f.L4()+4:], uint16(len(p)-f.L4()))
	case f.Version == 4:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV4
	default:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV6
	}
	if f.Protocol == unix.IPPROTO_TCP && p[f.L4()+13]&CWR != 0 {
		hdr.GSOType |= unix.VIRTIO_NET_HDR_GSO_ECN
	}
	return f.partial(p, hdr)
}
