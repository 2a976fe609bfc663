package wgtun

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// flow makes the packets of one flow.
type flow struct {
	v6, tcp bool
	port    uint16
	next    uint32 // sequence number, and what the payload begins with
	id      uint16
}

// headerLen returns the bytes before the payload.
func (f *flow) headerLen() int {
	n := 20
	if f.v6 {
		n = 40
	}
	if f.tcp {
		return n + 20
	}
	return n + 8
}

// packet returns the next packet, with so many bytes of payload, and right checksums.
func (f *flow) packet(payload int) []byte {
	head := f.headerLen()
	p := make([]byte, head+payload)
	l4 := 20
	protocol := byte(unix.IPPROTO_UDP)
	if f.tcp {
		protocol = unix.IPPROTO_TCP
	}
	if f.v6 {
		l4 = 40
		p[0] = 0x60
		binary.BigEndian.PutUint16(p[4:], uint16(len(p)-40))
		p[6], p[7] = protocol, 64
		copy(p[8:], []byte{0xfd, 15: 1})
		copy(p[24:], []byte{0xfd, 15: 2})
	} else {
		p[0] = 0x45
		binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
		binary.BigEndian.PutUint16(p[4:], f.id)
		f.id++
		p[8], p[9] = 64, protocol
		copy(p[12:], []byte{10, 9, 0, 1, 10, 9, 0, 2})
		binary.BigEndian.PutUint16(p[10:], ^offload.Sum(p[:20], 0))
	}
	for i := range payload {
		p[head+i] = byte(i + int(f.next))
	}
	binary.BigEndian.PutUint16(p[l4:], f.port)
	binary.BigEndian.PutUint16(p[l4+2:], 9)
	if f.tcp {
		binary.BigEndian.PutUint32(p[l4+4:], f.next)
		p[l4+12], p[l4+13], p[l4+15] = 5<<4, 0x10, 0xff
	} else {
		binary.BigEndian.PutUint16(p[l4+4:], uint16(8+payload))
	}
	f.next += uint32(payload)
	at := l4 + 6
	if f.tcp {
		at = l4 + 16
	}
	var h offload.Headers
	h.Parse(p, 0)
	check := ^offload.Sum(p[l4:], h.PseudoSum(p, len(p)-l4))
	if check == 0 && !f.tcp {
		check = 0xffff
	}
	binary.BigEndian.PutUint16(p[at:], check)
	return p
}

// super returns the next packets of the flow as one frame with its vnet header.
func (f *flow) super(size, payload int) []byte {
	p := f.packet(payload)
	l4, at, kind := 20, 6, byte(unix.VIRTIO_NET_HDR_GSO_UDP_L4)
	if f.v6 {
		l4 = 40
	}
	if f.tcp {
		at, kind = 16, unix.VIRTIO_NET_HDR_GSO_TCPV4
		if f.v6 {
			kind = unix.VIRTIO_NET_HDR_GSO_TCPV6
		}
	}
	if segments := (payload + size - 1) / size; segments > 1 {
		f.id += uint16(segments - 1)
	}
	var h offload.Headers
	h.Parse(p, 0)
	binary.BigEndian.PutUint16(p[l4+at:], h.PseudoSum(p, len(p)-l4))
	return framed(offload.VnetHdr{
		Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, GSOType: kind, HdrLen: uint16(f.headerLen()), GSOSize: uint16(size),
		CsumStart: uint16(l4), CsumOffset: uint16(at),
	}, p)
}

// framed puts a vnet header before a packet.
func framed(hdr offload.VnetHdr, packet []byte) []byte {
	frame := make([]byte, offload.VnetHdrLen+len(packet))
	_ = hdr.Encode(frame)
	copy(frame[offload.VnetHdrLen:], packet)
	return frame
}

// segments returns the wire-size packets that a frame stands for.
func segments(frame []byte) [][]byte {
	var hdr offload.VnetHdr
	if hdr.Decode(frame) != nil {
		return nil
	}
	packet := append([]byte(nil), frame[offload.VnetHdrLen:]...)
	if !hdr.IsSuperpacket() {
		if hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 && !completeChecksum(packet, int(hdr.CsumStart), int(hdr.CsumOffset)) {
			return nil
		}
		return [][]byte{packet}
	}
	var s offload.Segmenter
	if s.Reset(hdr, packet, 0, offload.FullChecksum) != offload.FaultNone {
		return nil
	}
	var all [][]byte
	for s.Left() > 0 {
		p := make([]byte, s.NextLen())
		n, payload, _ := s.Next(p)
		copy(p[n:], payload)
		all = append(all, p)
	}
	return all
}
