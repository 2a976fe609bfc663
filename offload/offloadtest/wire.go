package offloadtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// This file is the slow and obvious half of the comparison: what a frame with a vnet
// header stands for on a wire. It shares nothing with package offload but the codec.

// WirePackets turns a frame, vnet header first, into the packets that a wire would carry
// in its place.
func WirePackets(frame []byte, ethernet bool) ([][]byte, error) {
	var hdr offload.VnetHdr
	if err := hdr.Decode(frame); err != nil {
		return nil, err
	}
	packet := frame[offload.VnetHdrLen:]
	needsCsum := hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0
	switch {
	case hdr.IsSuperpacket() && !needsCsum:
		return nil, errors.New("a superpacket without NEEDS_CSUM")
	case hdr.IsSuperpacket():
		return segments(hdr, packet, l3Start(packet, ethernet))
	case needsCsum:
		packet = slices.Clone(packet)
		return [][]byte{packet}, complete(packet, int(hdr.CsumStart), int(hdr.CsumOffset))
	}
	return [][]byte{packet}, nil
}

// complete does what NEEDS_CSUM leaves to do.
func complete(packet []byte, start, offset int) error {
	if start+offset+2 > len(packet) {
		return fmt.Errorf("checksum at %d+%d of %d bytes", start, offset, len(packet))
	}
	c := ^fold(sum(packet[start:], 0))
	if c == 0 && offset == csumPos(unix.IPPROTO_UDP) {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(packet[start+offset:], c)
	return nil
}

// segments splits a superpacket.
func segments(hdr offload.VnetHdr, packet []byte, l3 int) ([][]byte, error) {
	l4 := int(hdr.CsumStart)
	headers, protocol := l4+udpLen, uint8(unix.IPPROTO_UDP)
	if gsoType := hdr.GSOType &^ unix.VIRTIO_NET_HDR_GSO_ECN; gsoType != unix.VIRTIO_NET_HDR_GSO_UDP_L4 {
		headers, protocol = l4+tcpLen, unix.IPPROTO_TCP
		if headers < len(packet) {
			headers = l4 + max(tcpLen, int(packet[l4+12]>>4)*4)
		}
	}
	if l3+ipv4Len > l4 || l3+ipv6Len > l4 && packet[l3]>>4 == 6 {
		return nil, errors.New("a superpacket without its IP header")
	}
	if headers >= len(packet) || hdr.GSOSize == 0 || int(hdr.CsumOffset) != csumPos(protocol) {
		return nil, fmt.Errorf("a superpacket of %d bytes with %+v", len(packet), hdr)
	}
	var all [][]byte
	pieces := slices.Collect(slices.Chunk(packet[headers:], int(hdr.GSOSize)))
	for i, payload := range pieces {
		s := slices.Concat(packet[:headers], payload)
		ip := s[l3:]
		if ip[0]>>4 == 4 {
			binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
			binary.BigEndian.PutUint16(ip[4:], binary.BigEndian.Uint16(ip[4:])+uint16(i))
			SetIPv4Checksum(ip)
		} else {
			binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Len))
		}
		if protocol == unix.IPPROTO_UDP {
			binary.BigEndian.PutUint16(s[l4+4:], uint16(len(s)-l4))
		} else {
			binary.BigEndian.PutUint32(s[l4+4:], binary.BigEndian.Uint32(s[l4+4:])+uint32(i)*uint32(hdr.GSOSize))
			if i > 0 {
				s[l4+13] &^= CWR
			}
			if i < len(pieces)-1 {
				s[l4+13] &^= FIN | PSH
			}
		}
		SetL4Checksum(s, l3, l4, protocol)
		all = append(all, s)
	}
	return all, nil
}

// Canonical returns the packet without what may change on the way: the identification of
// a datagram that is never fragmented means nothing (RFC 6864, section 4.1), and a checksum
// of TCP that computes to zero may be written as either zero (skb_checksum_help in
// net/core/dev.c does). Everything else must stay as it is, so a checksum that is wrong
// stays in.
func Canonical(packet []byte, ethernet bool) string {
	h, ok := Parse(packet, ethernet)
	if !ok {
		return string(packet)
	}
	ip := packet[h.L3:]
	noID := h.Version == 4 && h.Atomic && fold(sum(ip[:ipv4HeaderLen(ip)], 0)) == 0xffff
	at := h.L4 + csumPos(h.Protocol)
	noSum := h.Protocol == unix.IPPROTO_TCP && h.HasL4 && packet[at] == 0xff && packet[at+1] == 0xff
	if !noID && !noSum {
		return string(packet)
	}
	c := slices.Clone(packet)
	if noID {
		ip = c[h.L3:]
		ip[4], ip[5] = 0, 0
		SetIPv4Checksum(ip)
	}
	if noSum {
		c[at], c[at+1] = 0, 0
	}
	return string(c)
}
