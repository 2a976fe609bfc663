package conform

import (
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

// hostileCases send what contradicts itself, each between two packets of the same flow that
// do not. Those must arrive.
func hostileCases() []Case {
	return []Case{
		comparison(Hostile, "lengths", "lengths in IP, TCP and UDP headers that are not true, headers that are cut", lyingLengths),
		comparison(Hostile, "gso-size", "superpackets with a segment size of 0, of a few bytes, or longer than the packet", lyingGSOSize),
		comparison(Hostile, "gso-type", "superpackets whose type is not that of the packet", lyingGSOType),
		comparison(Hostile, "hdr-len", "vnet headers with a header length of 0, 1 or all", lyingHdrLen),
		comparison(Hostile, "csum-start", "checksums left to do where there is none", lyingCsumStart),
		comparison(Hostile, "superpacket-lengths", "superpackets that are cut, or whose IP header says another length", lyingSuperpackets),
	}
}

// between sends a lie between two packets of the flow.
func (m *maker) between(f *offloadtest.Flow, bytes []byte) {
	m.each(f, 200, offloadtest.ACK)
	m.lie(bytes)
	m.each(f, 200, offloadtest.ACK)
}

func lyingLengths(m *maker) {
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for range 100 {
			m.between(f, offloadtest.Frame(offloadtest.Lie(f)))
		}
	})
}

// spoiled sends superpackets whose vnet header or packet somebody has spoiled.
func (m *maker) spoiled(spoil func(f *offloadtest.Flow, hdr *offload.VnetHdr, packet []byte) []byte) {
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for range 3 {
			before := *f
			var packets [][]byte
			for range 3 {
				packets = append(packets, f.Next(f.Payload(500), offloadtest.ACK))
			}
			super := f.Superpacket(packets, 500)
			f.Seq, f.ID = before.Seq, before.ID // the flow goes on as if it had not been
			var hdr offload.VnetHdr
			_ = hdr.Decode(super) // it has one
			packet := spoil(f, &hdr, super[offload.VnetHdrLen:])
			bad := slices.Concat(super[:offload.VnetHdrLen], packet)
			_ = hdr.Encode(bad)
			m.between(f, bad)
		}
	})
}

func lyingGSOSize(m *maker) {
	for _, size := range []uint16{0, 7, 1501, 65535} {
		m.spoiled(func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.GSOSize = size; return p })
	}
}

func lyingGSOType(m *maker) {
	types := []uint8{
		unix.VIRTIO_NET_HDR_GSO_TCPV4, unix.VIRTIO_NET_HDR_GSO_TCPV6, unix.VIRTIO_NET_HDR_GSO_UDP, unix.VIRTIO_NET_HDR_GSO_UDP_L4,
		unix.VIRTIO_NET_HDR_GSO_TCPV4 | unix.VIRTIO_NET_HDR_GSO_ECN, unknownType,
	}
	for _, gsoType := range types {
		m.spoiled(func(f *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte {
			h.GSOType = gsoType
			if gsoType&^unix.VIRTIO_NET_HDR_GSO_ECN == typeOf(f) || gsoType == unix.VIRTIO_NET_HDR_GSO_UDP && f.Protocol == unix.IPPROTO_UDP {
				h.GSOType = unknownType // the other is true
			}
			return p
		})
	}
	m.spoiled(func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.Flags = 0; return p })
}

// unknownType is no type of a superpacket.
const unknownType = 0x77

// typeOf is what superpackets of the flow are.
func typeOf(f *offloadtest.Flow) uint8 {
	switch {
	case f.Protocol == unix.IPPROTO_UDP:
		return unix.VIRTIO_NET_HDR_GSO_UDP_L4
	case f.Version == 4:
		return unix.VIRTIO_NET_HDR_GSO_TCPV4
	}
	return unix.VIRTIO_NET_HDR_GSO_TCPV6
}

// lyingHdrLen is a hint that nobody may rely on: the packets are good ones.
func lyingHdrLen(m *maker) {
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for _, length := range []int{0, 1, f.HeadersLen() - 1, f.HeadersLen() + 1, 400} {
			m.each(f, 200, offloadtest.ACK)
			m.superpacket(f, 100, 10, 33, 0, 0)
			last := m.frames[len(m.frames)-1].bytes
			var hdr offload.VnetHdr
			_ = hdr.Decode(last) // it has one
			hdr.HdrLen = uint16(length)
			_ = hdr.Encode(last)
			m.each(f, 200, offloadtest.ACK)
		}
	})
}

func lyingCsumStart(m *maker) {
	for _, start := range []func(f *offloadtest.Flow, length int) int{
		func(*offloadtest.Flow, int) int { return 0 },
		func(f *offloadtest.Flow, _ int) int { return f.L3() + 8 },
		func(f *offloadtest.Flow, _ int) int { return f.L4() + 1 },
		func(_ *offloadtest.Flow, length int) int { return length - 1 },
		func(_ *offloadtest.Flow, length int) int { return length + 1 },
		func(*offloadtest.Flow, int) int { return 65535 },
	} {
		m.spoiled(func(f *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte {
			h.CsumStart = uint16(start(f, len(p)))
			return p
		})
		forEach(m, func(s offloadtest.Spec) { // the same of a packet that is none
			f := m.flow(s)
			bad := f.Partial(f.Next(f.Payload(300), offloadtest.ACK))
			var hdr offload.VnetHdr
			_ = hdr.Decode(bad) // it has one
			hdr.CsumStart = uint16(start(f, len(bad)-offload.VnetHdrLen))
			_ = hdr.Encode(bad)
			m.between(f, bad)
		})
	}
}

func lyingSuperpackets(m *maker) {
	for _, spoil := range []func(f *offloadtest.Flow, p []byte) []byte{
		func(_ *offloadtest.Flow, p []byte) []byte { return p[:len(p)-450] }, // what is left is longer than TolerateParts needs
		func(f *offloadtest.Flow, p []byte) []byte { return p[:f.HeadersLen()] },
		func(f *offloadtest.Flow, p []byte) []byte { return p[:f.L4()+7] },
		func(_ *offloadtest.Flow, p []byte) []byte { return append(p, make([]byte, 40)...) },
		func(f *offloadtest.Flow, p []byte) []byte { p[f.L3()+3], p[f.L3()+5] = 9, 9; return p },
		func(f *offloadtest.Flow, p []byte) []byte { p[f.L4()+5] = 9; p[f.L4()+12] = 0; return p },
		func(f *offloadtest.Flow, p []byte) []byte { p[f.L3()] = 0x95; return p },
		func(f *offloadtest.Flow, p []byte) []byte { p[f.L3()] ^= 0x20; return p },
	} {
		m.spoiled(func(f *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { return spoil(f, p) })
	}
}
