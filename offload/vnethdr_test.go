package offload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestVnetHdrLayout(t *testing.T) {
	// Distinct values in every byte, so that a swapped field or byte order shows.
	h := VnetHdr{Flags: 0x01, GSOType: 0x81, HdrLen: 0x1234, GSOSize: 0x5678, CsumStart: 0x9abc, CsumOffset: 0xdef0}
	b := make([]byte, VnetHdrLen)
	if err := h.Encode(b); err != nil {
		t.Fatal(err)
	}
	want := []byte{0x01, 0x81, 0x34, 0x12, 0x78, 0x56, 0xbc, 0x9a, 0xf0, 0xde} // little-endian hosts
	if b[2] == 0x12 {
		want = []byte{0x01, 0x81, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0}
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("encoded header (-want +got):\n%s", diff)
	}
	var back VnetHdr
	if err := back.Decode(b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h, back); diff != "" {
		t.Errorf("decoded header (-want +got):\n%s", diff)
	}
}

func TestVnetHdrShortBuffer(t *testing.T) {
	var h VnetHdr
	if err := h.Decode(make([]byte, VnetHdrLen-1)); err != ErrShortVnetHdr {
		t.Errorf("Decode: got %v, want ErrShortVnetHdr", err)
	}
	if err := h.Encode(make([]byte, VnetHdrLen-1)); err != ErrShortVnetHdr {
		t.Errorf("Encode: got %v, want ErrShortVnetHdr", err)
	}
}

func TestSuperpacketGeometry(t *testing.T) {
	tcp := func(csumStart, dataOff, total int) []byte {
		p := make([]byte, total)
		p[csumStart+tcpDataOffPos] = byte(dataOff << 4)
		return p
	}
	const needs = unix.VIRTIO_NET_HDR_F_NEEDS_CSUM
	for _, tc := range []struct {
		name         string
		hdr          VnetHdr
		pkt          []byte
		headerLen    int
		ok           bool
		segmentCount int
	}{
		{
			"tcp4, timestamps, lying hdr_len",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_TCPV4, HdrLen: 2900, GSOSize: 1448, CsumStart: 20},
			tcp(20, 8, 20+32+2*1448+1), 52, true, 3,
		},
		{
			"tcp6 with ECN, whole segments",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_TCPV6 | unix.VIRTIO_NET_HDR_GSO_ECN, GSOSize: 1000, CsumStart: 40},
			tcp(40, 5, 40+20+5000), 60, true, 5,
		},
		{
			"udp behind ethernet",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_UDP_L4, GSOSize: 100, CsumStart: 34},
			make([]byte, 42+64*100), 42, true, 64,
		},
		{
			"one segment only",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_UDP_L4, GSOSize: 100, CsumStart: 20},
			make([]byte, 28+7), 28, true, 1,
		},
		{
			"gso_size 0",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_UDP_L4, CsumStart: 20},
			make([]byte, 1028), 28, true, 1,
		},
		{
			"csum_start past the end",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_TCPV4, GSOSize: 100, CsumStart: 65535},
			make([]byte, 1000), 0, false, 0,
		},
		{
			"tcp header length below its minimum",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_TCPV4, GSOSize: 100, CsumStart: 20},
			tcp(20, 4, 1000), 0, false, 0,
		},
		{
			"no checksum to complete",
			VnetHdr{GSOType: unix.VIRTIO_NET_HDR_GSO_TCPV4, GSOSize: 100, CsumStart: 20},
			tcp(20, 5, 1000), 0, false, 0,
		},
		{
			"tcp6 inside a UDP tunnel",
			VnetHdr{Flags: needs, GSOType: unix.VIRTIO_NET_HDR_GSO_TCPV6 | VnetHdrGSOUDPTunnelIPv4, GSOSize: 1398, CsumStart: 90},
			tcp(90, 5, 110+10*1398+1), 110, true, 11,
		},
		{
			"unknown type",
			VnetHdr{Flags: needs, GSOType: 0x42 | VnetHdrGSOUDPTunnelIPv6, GSOSize: 100, CsumStart: 20},
			make([]byte, 1000), 0, false, 0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n, ok := tc.hdr.HeaderLen(tc.pkt)
			if ok != tc.ok || (ok && n != tc.headerLen) {
				t.Fatalf("HeaderLen = %d, %v; want %d, %v", n, ok, tc.headerLen, tc.ok)
			}
			if !ok {
				return
			}
			if got := tc.hdr.SegmentCount(len(tc.pkt), n); got != tc.segmentCount {
				t.Errorf("SegmentCount = %d, want %d", got, tc.segmentCount)
			}
		})
	}
}

func FuzzVnetHdr(f *testing.F) {
	f.Add([]byte{1, 1, 0, 0, 100, 0, 20, 0, 16, 0}, make([]byte, 1000))
	f.Add([]byte{1, 5, 0, 0, 0, 0, 255, 255, 6, 0}, []byte{})
	f.Fuzz(func(t *testing.T, raw, pkt []byte) {
		var h VnetHdr
		if h.Decode(raw) != nil {
			return
		}
		n, ok := h.HeaderLen(pkt)
		if !ok {
			return
		}
		if n > len(pkt) {
			t.Fatalf("HeaderLen %d is past the packet's %d bytes", n, len(pkt))
		}
		segments := h.SegmentCount(len(pkt), n)
		if segments < 1 {
			t.Fatalf("SegmentCount %d", segments)
		}
		if h.GSOSize > 0 && (segments-1)*int(h.GSOSize) > len(pkt)-n {
			t.Fatalf("%d segments of %d bytes do not fit %d", segments, h.GSOSize, len(pkt)-n)
		}
	})
}
