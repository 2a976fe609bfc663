package offload

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Superpacket is one as the kernel hands it over. The fields are for the tests
// outside of the package, too.
type Superpacket struct {
	Name   string
	Hdr    VnetHdr
	Packet []byte
	L3     int
}

// superpacket makes one of the shape: the pseudo header sum in its checksum field.
func superpacket(name string, s shape, gsoType uint8, gsoSize int, tcpFlags byte) Superpacket {
	packet, l4 := buildPacket(s)
	l3 := len(s.link)
	if s.protocol == unix.IPPROTO_TCP {
		packet[l4+13] |= tcpFlags
	}
	at := l4CheckAt(s.protocol)
	binary.BigEndian.PutUint16(packet[l4+at:], slowPseudo(packet, l3, s.protocol, len(packet)-l4))
	return Superpacket{
		Name: name, Packet: packet, L3: l3,
		Hdr: VnetHdr{
			Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, GSOType: gsoType,
			HdrLen: uint16(len(packet) - s.payload), GSOSize: uint16(gsoSize),
			CsumStart: uint16(l4), CsumOffset: uint16(at),
		},
	}
}

// Superpackets returns one of each kind that the kernel segments.
func Superpackets() []Superpacket {
	const (
		tcp4 = unix.VIRTIO_NET_HDR_GSO_TCPV4
		tcp6 = unix.VIRTIO_NET_HDR_GSO_TCPV6
		uso  = unix.VIRTIO_NET_HDR_GSO_UDP_L4
		ecn  = unix.VIRTIO_NET_HDR_GSO_ECN

		fin, psh, urg, cwr = 0x01, 0x08, 0x20, 0x80
	)
	timestamps := []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
	nops := []byte{1, 1, 1, 1, 1, 1, 1, 0}
	tagged := append(make([]byte, 12), 0x81, 0, 0, 7, 0x08, 0)
	tcp := func(version uint8, payload int) shape {
		return shape{version: version, protocol: unix.IPPROTO_TCP, payload: payload}
	}
	udp := func(version uint8, payload int) shape {
		return shape{version: version, protocol: unix.IPPROTO_UDP, payload: payload}
	}
	return []Superpacket{
		superpacket("tcp4 with timestamps", shape{version: 4, protocol: unix.IPPROTO_TCP, tcpOptions: timestamps, payload: 3*1448 + 1}, tcp4, 1448, psh),
		superpacket("tcp4 whole segments", tcp(4, 5*1460), tcp4, 1460, 0),
		superpacket("tcp4 all flags", tcp(4, 3000), tcp4|ecn, 999, fin|psh|urg|cwr),
		superpacket("tcp4 CWR without the ECN bit", tcp(4, 3000), tcp4, 1000, cwr),
		superpacket("tcp4 with IP options", shape{version: 4, protocol: unix.IPPROTO_TCP, ipOptions: nops, payload: 4001}, tcp4, 1333, psh),
		superpacket("tcp4 longest", tcp(4, 65535-40), tcp4, 1460, psh),
		superpacket("tcp4 one segment", tcp(4, 1000), tcp4, 1460, fin|psh|cwr),
		superpacket("tcp4 seven bytes each", tcp(4, 700), tcp4, 7, 0),
		superpacket("tcp4 behind a VLAN tag", shape{link: tagged, version: 4, protocol: unix.IPPROTO_TCP, payload: 2921}, tcp4, 1460, psh),
		superpacket("tcp6", tcp(6, 4*1440+77), tcp6, 1440, fin|psh),
		superpacket("tcp6 ECN", tcp(6, 2*1439), tcp6|ecn, 1439, cwr|psh),
		superpacket("tcp6 with extension headers", shape{
			version: 6, next: unix.IPPROTO_HOPOPTS, extensions: append(append([]byte{}, hopByHop...), destination16...),
			protocol: unix.IPPROTO_TCP, tcpOptions: timestamps, payload: 5000,
		}, tcp6, 1200, psh),
		superpacket("tcp6 with a long destination option", shape{
			version: 6, next: unix.IPPROTO_DSTOPTS, extensions: destinationOptions(1, 2048), protocol: unix.IPPROTO_TCP, payload: 3001,
		}, tcp6, 600, psh),
		superpacket("tcp6 with 20 extension headers", shape{
			version: 6, next: unix.IPPROTO_DSTOPTS, extensions: destinationOptions(20, 8), protocol: unix.IPPROTO_TCP, payload: 3001,
		}, tcp6, 600, psh),
		superpacket("udp4 odd sizes", udp(4, 10*1371+13), uso, 1371, 0),
		superpacket("udp4 whole segments", udp(4, 64*100), uso, 100, 0),
		superpacket("udp4 last of one byte", udp(4, 2*1472+1), uso, 1472, 0),
		superpacket("udp4 one segment", udp(4, 100), uso, 100, 0),
		superpacket("udp4 with IP options", shape{version: 4, protocol: unix.IPPROTO_UDP, ipOptions: nops, payload: 1001}, uso, 500, 0),
		superpacket("udp6 odd sizes", udp(6, 45*1399+2), uso, 1399, 0),
		superpacket("udp6 with a destination option", shape{
			version: 6, next: unix.IPPROTO_DSTOPTS, extensions: []byte{unix.IPPROTO_UDP, 0, 1, 4, 0, 0, 0, 0},
			protocol: unix.IPPROTO_UDP, payload: 2000,
		}, uso, 700, 0),
	}
}

// slowSegments is segmentation written down field by field: every segment built
// alone, every sum over every byte.
func slowSegments(sp Superpacket) [][]byte {
	var (
		l3, l4  = sp.L3, int(sp.Hdr.CsumStart)
		v6      = sp.Packet[l3]>>4 == 6
		tcp     = sp.Hdr.CsumOffset == 16
		hdrLen  = l4 + 8
		proto   = uint8(unix.IPPROTO_UDP)
		size    = int(sp.Hdr.GSOSize)
		ipEnd   = l3 + int(binary.BigEndian.Uint16(sp.Packet[l3+2:]))
		outputs [][]byte
	)
	if v6 {
		ipEnd = l3 + 40 + int(binary.BigEndian.Uint16(sp.Packet[l3+4:]))
	}
	if tcp {
		hdrLen = l4 + int(sp.Packet[l4+12]>>4)*4
		proto = unix.IPPROTO_TCP
	}
	payload := sp.Packet[hdrLen:ipEnd]
	for i := 0; i == 0 || i*size < len(payload); i++ {
		piece := payload[i*size : min((i+1)*size, len(payload))]
		last := (i+1)*size >= len(payload)
		seg := append(append([]byte{}, sp.Packet[:hdrLen]...), piece...)
		if v6 {
			binary.BigEndian.PutUint16(seg[l3+4:], uint16(len(seg)-l3-40))
		} else {
			binary.BigEndian.PutUint16(seg[l3+2:], uint16(len(seg)-l3))
			binary.BigEndian.PutUint16(seg[l3+4:], binary.BigEndian.Uint16(seg[l3+4:])+uint16(i))
			binary.BigEndian.PutUint16(seg[l3+10:], 0)
			ipHdrLen := int(seg[l3]&15) * 4
			binary.BigEndian.PutUint16(seg[l3+10:], ^slowSum(seg[l3:l3+ipHdrLen], 0))
		}
		if tcp {
			binary.BigEndian.PutUint32(seg[l4+4:], binary.BigEndian.Uint32(seg[l4+4:])+uint32(i*size))
			if i != 0 {
				seg[l4+13] &= 0x7f
			}
			if !last {
				seg[l4+13] &= 0xf6
			}
		} else {
			binary.BigEndian.PutUint16(seg[l4+4:], uint16(len(seg)-l4))
		}
		complete(seg, l3, l4, proto)
		outputs = append(outputs, seg)
	}
	return outputs
}

// destinationOptions returns so many extension headers of size bytes of padding each, TCP behind
// them.
func destinationOptions(headers, size int) []byte {
	const padN, longest = 1, 255
	var all []byte
	for i := range headers {
		next := byte(unix.IPPROTO_DSTOPTS)
		if i == headers-1 {
			next = unix.IPPROTO_TCP
		}
		all = append(all, next, byte(size/8-1))
		for left := size - 2; left > 0; {
			n := min(left, longest+2)
			if left-n == 1 { // no option is so short
				n--
			}
			all = append(append(all, padN, byte(n-2)), make([]byte, n-2)...)
			left -= n
		}
	}
	return all
}
