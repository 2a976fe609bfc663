package offload

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

func TestValidateSuperpackets(t *testing.T) {
	for _, sp := range Superpackets() {
		if f := sp.Hdr.Validate(sp.Packet, sp.L3); f != FaultNone {
			t.Errorf("%s: %v", sp.Name, f)
		}
		tunnel := VnetHdrV1HashTunnel{VnetHdrV1: VnetHdrV1{VnetHdr: sp.Hdr}}
		if f := tunnel.Validate(sp.Packet, sp.L3); f != FaultNone {
			t.Errorf("%s, 24-byte header: %v", sp.Name, f)
		}
	}
}

func TestValidateFaults(t *testing.T) {
	const (
		needs = unix.VIRTIO_NET_HDR_F_NEEDS_CSUM
		tcp4  = unix.VIRTIO_NET_HDR_GSO_TCPV4
		tcp6  = unix.VIRTIO_NET_HDR_GSO_TCPV6
		uso   = unix.VIRTIO_NET_HDR_GSO_UDP_L4
		none  = unix.VIRTIO_NET_HDR_GSO_NONE
	)
	good4 := superpacketNamed(t, "tcp4 whole segments")
	goodUDP := superpacketNamed(t, "udp4 odd sizes")
	for _, tc := range []struct {
		name string
		from Superpacket
		edit func(h *VnetHdr, packet []byte) []byte
		want Fault
	}{
		{"any plain packet", good4, func(h *VnetHdr, _ []byte) []byte { *h = VnetHdr{}; return []byte{0xff} }, FaultNone},
		{"plain, checksum at the very end", good4, func(h *VnetHdr, p []byte) []byte {
			*h = VnetHdr{Flags: needs, CsumStart: 50, CsumOffset: 8}
			return p[:60]
		}, FaultNone},
		{"plain, checksum past the end", good4, func(h *VnetHdr, p []byte) []byte {
			*h = VnetHdr{Flags: needs, CsumStart: 50, CsumOffset: 9}
			return p[:60]
		}, FaultCsumPosition},
		{"positions without NEEDS_CSUM", good4, func(h *VnetHdr, p []byte) []byte {
			*h = VnetHdr{CsumStart: 0xffff, CsumOffset: 0xffff}
			return p
		}, FaultNone},
		{"csum_start + csum_offset past 16 bits", good4, func(h *VnetHdr, p []byte) []byte { h.CsumStart, h.CsumOffset = 0xffff, 0xffff; return p }, FaultCsumPosition},
		{"hdr_len past the end", good4, func(h *VnetHdr, p []byte) []byte { h.HdrLen = uint16(len(p) + 1); return p }, FaultHdrLen},
		{"hdr_len the whole packet", good4, func(h *VnetHdr, p []byte) []byte { h.HdrLen = uint16(len(p)); return p }, FaultNone},
		{"gso_size 0", good4, func(h *VnetHdr, p []byte) []byte { h.GSOSize = 0; return p }, FaultGSOSize},
		{"gso_size of a frag list", good4, func(h *VnetHdr, p []byte) []byte { h.GSOSize = 0xffff; return p }, FaultGSOSize},
		{"obsolete UFO", goodUDP, func(h *VnetHdr, p []byte) []byte { h.GSOType = unix.VIRTIO_NET_HDR_GSO_UDP; return p }, FaultGSOType},
		{"type 2", good4, func(h *VnetHdr, p []byte) []byte { h.GSOType = 2; return p }, FaultGSOType},
		{"ECN alone", good4, func(h *VnetHdr, p []byte) []byte { h.GSOType = none | unix.VIRTIO_NET_HDR_GSO_ECN; return p }, FaultGSOType},
		{"TCPV6 for IPv4", good4, func(h *VnetHdr, p []byte) []byte { h.GSOType = tcp6; return p }, FaultGSOProtocol},
		{"UDP for TCP", good4, func(h *VnetHdr, p []byte) []byte { h.GSOType = uso; return p }, FaultGSOProtocol},
		{"TCP for UDP", goodUDP, func(h *VnetHdr, p []byte) []byte { h.GSOType = tcp4; return p }, FaultGSOProtocol},
		{"tunnel in 10 bytes", good4, func(h *VnetHdr, p []byte) []byte { h.GSOType |= VnetHdrGSOUDPTunnelIPv6; return p }, FaultTunnel},
		{"no NEEDS_CSUM", good4, func(h *VnetHdr, p []byte) []byte { h.Flags = 0; return p }, FaultCsumMissing},
		{"csum_start elsewhere", good4, func(h *VnetHdr, p []byte) []byte { h.CsumStart += 4; return p }, FaultCsumPosition},
		{"csum_offset of UDP in TCP", good4, func(h *VnetHdr, p []byte) []byte { h.CsumOffset = 6; return p }, FaultCsumPosition},
		{"an IP fragment", good4, func(_ *VnetHdr, p []byte) []byte { p[6] = 0x20; return p }, FaultGSOFragment},
		{"cut off", good4, func(_ *VnetHdr, p []byte) []byte { return p[:len(p)-1] }, FaultIPLength},
		{"lying data offset", good4, func(_ *VnetHdr, p []byte) []byte { p[20+12] = 0x10; return p }, FaultTCPHeader},
		{"UDP length short of the payload", goodUDP, func(_ *VnetHdr, p []byte) []byte { p[20+5]--; return p }, FaultUDPLength},
	} {
		t.Run(tc.name, func(t *testing.T) {
			hdr := tc.from.Hdr
			packet := tc.edit(&hdr, bytes.Clone(tc.from.Packet))
			if got := hdr.Validate(packet, 0); got != tc.want {
				t.Errorf("Validate: %v, want %v", got, tc.want)
			}
		})
	}
}

// vxlan wraps a superpacket into Ethernet, VXLAN, UDP and IP.
func vxlan(version uint8, inner Superpacket) (VnetHdrV1HashTunnel, []byte) {
	const vxlanHdrLen = 8
	outer, l4 := buildPacket(shape{version: version, protocol: unix.IPPROTO_UDP, payload: vxlanHdrLen + ethernetHdrLen + len(inner.Packet)})
	innerL3 := l4 + udpHdrLen + vxlanHdrLen + ethernetHdrLen
	copy(outer[innerL3:], inner.Packet)
	h := VnetHdrV1HashTunnel{
		VnetHdrV1:     VnetHdrV1{VnetHdr: inner.Hdr},
		OuterTHOffset: uint16(l4), InnerNHOffset: uint16(innerL3),
	}
	h.CsumStart += uint16(innerL3)
	h.GSOType |= VnetHdrGSOUDPTunnelIPv4
	if version == 6 {
		h.GSOType ^= VnetHdrGSOUDPTunnelIPv4 | VnetHdrGSOUDPTunnelIPv6
	}
	return h, outer
}

func TestValidateTunnel(t *testing.T) {
	type edit func(h *VnetHdrV1HashTunnel, packet []byte)
	for _, tc := range []struct {
		name    string
		version uint8
		inner   string
		edit    edit
		want    Fault
	}{
		{"tcp4 over IPv4", 4, "tcp4 whole segments", func(*VnetHdrV1HashTunnel, []byte) {}, FaultNone},
		{"udp6 over IPv6", 6, "udp6 odd sizes", func(h *VnetHdrV1HashTunnel, _ []byte) { h.Flags |= VnetHdrFUDPTunnelCsum }, FaultNone},
		{"both versions", 4, "tcp4 whole segments", func(h *VnetHdrV1HashTunnel, _ []byte) { h.GSOType |= gsoUDPTunnelMask }, FaultGSOType},
		{"the other version", 6, "tcp4 whole segments", func(h *VnetHdrV1HashTunnel, _ []byte) { h.GSOType ^= gsoUDPTunnelMask }, FaultGSOProtocol},
		{"nothing inside", 4, "tcp4 whole segments", func(h *VnetHdrV1HashTunnel, _ []byte) { h.GSOType = VnetHdrGSOUDPTunnelIPv4 }, FaultGSOType},
		{"outer UDP elsewhere", 4, "tcp4 whole segments", func(h *VnetHdrV1HashTunnel, _ []byte) { h.OuterTHOffset++ }, FaultTunnelFields},
		{"inner IP inside of UDP", 4, "tcp4 whole segments", func(h *VnetHdrV1HashTunnel, _ []byte) { h.InnerNHOffset = h.OuterTHOffset + 7 }, FaultTunnelFields},
		{"inner IP past the end", 4, "tcp4 whole segments", func(h *VnetHdrV1HashTunnel, _ []byte) { h.InnerNHOffset = 0xffff }, FaultTruncated},
		{"inner type of another protocol", 4, "udp4 odd sizes", func(h *VnetHdrV1HashTunnel, _ []byte) {
			h.GSOType = VnetHdrGSOUDPTunnelIPv4 | unix.VIRTIO_NET_HDR_GSO_TCPV4
		}, FaultGSOProtocol},
		{"outer TCP", 4, "tcp4 whole segments", func(_ *VnetHdrV1HashTunnel, p []byte) { p[9] = unix.IPPROTO_ICMP }, FaultGSOProtocol},
		{"outer fragment", 4, "tcp4 whole segments", func(_ *VnetHdrV1HashTunnel, p []byte) { p[6] = 0x20 }, FaultGSOFragment},
		{"outer length short", 4, "tcp4 whole segments", func(_ *VnetHdrV1HashTunnel, p []byte) {
			binary.BigEndian.PutUint16(p[2:], 1000)
			binary.BigEndian.PutUint16(p[24:], 980)
		}, FaultIPLength},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, packet := vxlan(tc.version, superpacketNamed(t, tc.inner))
			tc.edit(&h, packet)
			if got := h.Validate(packet, 0); got != tc.want {
				t.Errorf("Validate: %v, want %v", got, tc.want)
			}
		})
	}
}

// TestTunnelSegmentCount counts the segments of a VXLAN superpacket.
func TestTunnelSegmentCount(t *testing.T) {
	inner := superpacketNamed(t, "tcp4 whole segments")
	h, packet := vxlan(6, inner)
	n, ok := h.HeaderLen(packet)
	if want := 40 + 8 + 8 + 14 + 40; !ok || n != want {
		t.Fatalf("HeaderLen = %d, %v; want %d", n, ok, want)
	}
	if got := h.SegmentCount(len(packet), n); got != 5 {
		t.Errorf("SegmentCount = %d, want 5", got)
	}
}

func FuzzValidate(f *testing.F) {
	for _, sp := range Superpackets() {
		if len(sp.Packet) > 10000 {
			continue
		}
		f.Add(append(encoded(&sp.Hdr), make([]byte, VnetHdrV1HashTunnelLen-VnetHdrLen)...), sp.Packet, uint8(sp.L3))
		if sp.L3 == 0 {
			h, packet := vxlan(4, sp)
			raw := make([]byte, VnetHdrV1HashTunnelLen)
			if err := h.Encode(raw); err != nil {
				f.Fatal(err)
			}
			f.Add(raw, packet, uint8(0))
		}
	}
	f.Fuzz(func(t *testing.T, raw, packet []byte, l3 uint8) {
		var h VnetHdrV1HashTunnel
		if h.Decode(raw) != nil {
			return
		}
		fault := h.Validate(packet, int(l3))
		short := h.VnetHdr.Validate(packet, int(l3))
		if h.GSOType&gsoUDPTunnelMask == 0 && fault != short {
			t.Fatalf("no tunnel: %v with 24 bytes, %v with 10", fault, short)
		}
		if fault != FaultNone || !h.IsSuperpacket() {
			return
		}
		n, ok := h.HeaderLen(packet)
		if !ok || n > len(packet) {
			t.Fatalf("HeaderLen = %d, %v for a packet of %d bytes that is valid", n, ok, len(packet))
		}
		if h.SegmentCount(len(packet), n) < 1 {
			t.Fatal("no segment")
		}
	})
}
