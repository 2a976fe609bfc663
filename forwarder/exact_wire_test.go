package forwarder

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

const (
	ethernetLen = 14
	vlanTagLen  = 4
	ipv4Len     = 20
	ipv6Len     = 40
	udpLen      = 8
	tcpLen      = 20
)

const (
	tcpFIN = 1 << 0
	tcpSYN = 1 << 1
	tcpRST = 1 << 2
	tcpPSH = 1 << 3
	tcpACK = 1 << 4
	tcpURG = 1 << 5
	tcpECE = 1 << 6
	tcpCWR = 1 << 7
)

// sum adds up 16-bit words (RFC 1071), an odd last byte as if a zero followed.
func sum(b []byte, initial uint64) uint64 {
	for len(b) >= 2 {
		initial += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		initial += uint64(b[0]) << 8
	}
	return initial
}

// fold brings a sum to 16 bits.
func fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// pseudoSum adds up the pseudo header of the IP packet that starts with ip (RFC 9293,
// section 3.1; RFC 8200, section 8.1).
func pseudoSum(ip []byte, protocol uint8, l4Len int) uint64 {
	addresses := ip[12:20]
	if ip[0]>>4 == 6 {
		addresses = ip[8:40]
	}
	return sum(addresses, uint64(protocol)+uint64(l4Len))
}

// l4Checksum returns the checksum of what follows the IP headers; its own field must be
// zero.
func l4Checksum(ip []byte, l4 int, protocol uint8) uint16 {
	c := ^fold(sum(ip[l4:], pseudoSum(ip, protocol, len(ip)-l4)))
	if c == 0 && protocol == unix.IPPROTO_UDP {
		return 0xffff // zero would say that there is none (RFC 768)
	}
	return c
}

func csumPos(protocol uint8) int {
	if protocol == unix.IPPROTO_UDP {
		return 6
	}
	return 16
}

// setIPv4Checksum writes the header checksum.
func setIPv4Checksum(ip []byte) {
	ip[10], ip[11] = 0, 0
	binary.BigEndian.PutUint16(ip[10:], ^fold(sum(ip[:ipv4HeaderLen(ip)], 0)))
}

func ipv4HeaderLen(ip []byte) int { return int(ip[0]&15) * 4 }

// l3Start returns where the IP header of a packet starts: behind the Ethernet header and
// its VLAN tags.
func l3Start(packet []byte, ethernet bool) int {
	if !ethernet {
		return 0
	}
	at := ethernetLen
	for len(packet) >= at && (binary.BigEndian.Uint16(packet[at-2:]) == unix.ETH_P_8021Q || binary.BigEndian.Uint16(packet[at-2:]) == unix.ETH_P_8021AD) {
		at += vlanTagLen
	}
	return at
}

// wirePackets turns a frame, vnet header first, into the packets that a wire would carry
// in its place.
func wirePackets(frame []byte, ethernet bool) ([][]byte, error) {
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
		headers, protocol = l4+int(packet[l4+12]>>4)*4, unix.IPPROTO_TCP
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
			setIPv4Checksum(ip)
		} else {
			binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Len))
		}
		if protocol == unix.IPPROTO_UDP {
			binary.BigEndian.PutUint16(s[l4+4:], uint16(len(s)-l4))
		} else {
			binary.BigEndian.PutUint32(s[l4+4:], binary.BigEndian.Uint32(s[l4+4:])+uint32(i)*uint32(hdr.GSOSize))
			if i > 0 {
				s[l4+13] &^= tcpCWR
			}
			if i < len(pieces)-1 {
				s[l4+13] &^= tcpFIN | tcpPSH
			}
		}
		pos := l4 + csumPos(protocol)
		s[pos], s[pos+1] = 0, 0
		binary.BigEndian.PutUint16(s[pos:], l4Checksum(ip, l4-l3, protocol))
		all = append(all, s)
	}
	return all, nil
}

// canonical returns the packet without what may change on the way: the identification of
// a datagram that is never fragmented means nothing (RFC 6864, section 4.1). Everything
// else must stay as it is, so a header checksum that is wrong stays in.
func canonical(packet []byte, ethernet bool) string {
	c := slices.Clone(packet)
	l3 := l3Start(c, ethernet)
	if len(c) < l3+ipv4Len {
		return string(c)
	}
	ip := c[l3:]
	atomic := binary.BigEndian.Uint16(ip[6:]) == 0x4000 // DF, no MF, first
	if ip[0]>>4 != 4 || !atomic || ipv4HeaderLen(ip) < ipv4Len || ipv4HeaderLen(ip) > len(ip) {
		return string(c)
	}
	if fold(sum(ip[:ipv4HeaderLen(ip)], 0)) == 0xffff {
		ip[4], ip[5] = 0, 0
		setIPv4Checksum(ip)
	}
	return string(c)
}
