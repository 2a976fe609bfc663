package xdp

import (
	"encoding/binary"
	"net"
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/wire"
)

const (
	ttl          = 64
	dontFragment = 0x4000
	ipv6Version  = 0x60000000
)

// frameSpec is all that the frames of an in-kernel generator have in common.
type frameSpec struct {
	profile  *load.Profile
	src, dst net.HardwareAddr // nil: zero
}

// template returns the longest frame of the profile: headers that are filled in
// packet by packet, and the pattern.
func (f *frameSpec) template() []byte {
	size := f.profile.Longest()
	frame := make([]byte, wire.EthernetLen+size)
	copy(frame, f.header(size))
	wire.FillPattern(frame[f.payloadAt()+wire.StampLen:])
	return frame
}

// payloadAt returns where in a frame the payload starts.
func (f *frameSpec) payloadAt() int { return wire.EthernetLen + wire.HeaderLen(f.profile.Dst) }

// shapes returns for each size what generator.bpf.c has to know of it.
func (f *frameSpec) shapes() []generatorShape {
	shapes := make([]generatorShape, len(f.profile.Sizes))
	for i, share := range f.profile.Sizes {
		shapes[i] = f.shape(share.Size)
	}
	return shapes
}

func (f *frameSpec) shape(size int) generatorShape {
	header := f.header(size)
	ip, udp := header[wire.EthernetLen:len(header)-wire.UDPLen], header[len(header)-wire.UDPLen:]
	shape := generatorShape{
		Len:    uint32(wire.EthernetLen + size),
		IpSum:  uint32(hostSum(ip)),
		UdpSum: uint32(hostSum(slices.Concat(f.pseudoHeader(size), udp, []byte{wire.StampSum >> 8, wire.StampSum & 0xff}))),
	}
	header = append(header, make([]byte, 8*len(shape.Header)-len(header))...)
	for i := range shape.Header {
		shape.Header[i] = binary.NativeEndian.Uint64(header[8*i:])
	}
	f.patch(&shape, size)
	return shape
}

// header returns Ethernet, IP and UDP header of packets of that size, without
// identification, source port and checksums.
func (f *frameSpec) header(size int) []byte {
	p := f.profile
	b := make([]byte, 12, 64)
	copy(b, f.dst)
	copy(b[6:], f.src)
	if p.Dst.Is4() {
		b = binary.BigEndian.AppendUint16(b, unix.ETH_P_IP)
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(size))
		b = binary.BigEndian.AppendUint32(b, dontFragment)
		b = append(b, ttl, unix.IPPROTO_UDP, 0, 0)
	} else {
		b = binary.BigEndian.AppendUint16(b, unix.ETH_P_IPV6)
		b = binary.BigEndian.AppendUint32(b, ipv6Version)
		b = binary.BigEndian.AppendUint16(b, uint16(size-wire.IPv6Len))
		b = append(b, unix.IPPROTO_UDP, ttl)
	}
	b = append(append(b, p.Src.AsSlice()...), p.Dst.AsSlice()...)
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, p.Port)
	b = binary.BigEndian.AppendUint16(b, uint16(wire.UDPLen+p.Payload(size)))
	return append(b, 0, 0)
}

// pseudoHeader is what a UDP checksum covers besides the datagram (RFC 768 and RFC
// 8200, section 8.1), in words that have the same sum.
func (f *frameSpec) pseudoHeader(size int) []byte {
	p := f.profile
	b := slices.Concat(p.Src.AsSlice(), p.Dst.AsSlice(), []byte{0, unix.IPPROTO_UDP})
	return binary.BigEndian.AppendUint16(b, uint16(wire.UDPLen+p.Payload(size)))
}

// patch notes where the pattern of packets of this size differs from what those of
// another size leave in the same page: in the group that is cut at their end.
func (f *frameSpec) patch(shape *generatorShape, size int) {
	pattern := make([]byte, f.profile.Payload(f.profile.Longest())-wire.StampLen)
	mine := pattern[:f.profile.Payload(size)-wire.StampLen]
	wire.FillPattern(mine)
	for _, group := range f.cutGroups() {
		if group >= len(mine) {
			continue
		}
		p := &shape.Patch[shape.Patches]
		p.At = uint32(f.payloadAt() + wire.StampLen + group)
		p.Word = binary.NativeEndian.Uint32(pattern[group:])
		shape.Patches++
	}
}

// cutGroups returns the places in the pattern of groups that are whole in the
// longest packet and cut in another.
func (f *frameSpec) cutGroups() []int {
	longest := f.profile.Payload(f.profile.Longest()) - wire.StampLen
	var groups []int
	for _, share := range f.profile.Sizes {
		n := f.profile.Payload(share.Size) - wire.StampLen
		if group := n &^ 3; n != group && group+4 <= longest && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// hostSum returns the one's-complement sum (RFC 1071) of the 16-bit words of b as
// the machine reads them.
func hostSum(b []byte) uint16 {
	var sum uint64
	for len(b) >= 2 {
		sum += uint64(binary.NativeEndian.Uint16(b))
		b = b[2:]
	}
	return wire.Fold(sum)
}
