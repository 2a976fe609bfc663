package offload

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// segments returns what a Segmenter makes of the superpacket, each in one piece.
func segments(t testing.TB, sp Superpacket, mode ChecksumMode) [][]byte {
	t.Helper()
	var s Segmenter
	if f := s.Reset(sp.Hdr, sp.Packet, sp.L3, mode); f != FaultNone {
		t.Fatalf("Reset: %v", f)
	}
	var got [][]byte
	head := make([]byte, MaxHeaderLen)
	for left := s.Left(); ; left-- {
		if s.Left() != left {
			t.Fatalf("%d segments left, want %d", s.Left(), left)
		}
		n, payload, ok := s.Next(head)
		if !ok {
			if left != 0 {
				t.Fatalf("no segment, with %d left", left)
			}
			return got
		}
		got = append(got, append(append([]byte{}, head[:n]...), payload...))
	}
}

func TestSegmentFields(t *testing.T) {
	// The last payload byte of each is checked by the comparison with the slow way.
	type fields struct {
		Len, IPLen int
		ID         uint16
		Seq        uint32
		Flags      byte
		UDPLen     uint16
	}
	for _, tc := range []struct {
		name string
		want []fields
	}{
		{"tcp4 all flags", []fields{
			{1039, 1039, 0xfffe, 0xffffff00, 0xb0, 0}, // CWR, URG, ACK
			{1039, 1039, 0xffff, 0x000002e7, 0x30, 0},
			{1039, 1039, 0x0000, 0x000006ce, 0x30, 0},
			{43, 43, 0x0001, 0x00000ab5, 0x39, 0}, // FIN, PSH
		}},
		{"tcp4 one segment", []fields{{1040, 1040, 0xfffe, 0xffffff00, 0x99, 0}}},
		{"udp4 last of one byte", []fields{
			{1500, 1500, 0xfffe, 0, 0, 1480}, {1500, 1500, 0xffff, 0, 0, 1480}, {29, 29, 0, 0, 0, 9},
		}},
		{"tcp6 with extension headers", []fields{
			{1296, 1256, 0, 0xffffff00, 0x10, 0},
			{1296, 1256, 0, 0x000003b0, 0x10, 0},
			{1296, 1256, 0, 0x00000860, 0x10, 0},
			{1296, 1256, 0, 0x00000d10, 0x10, 0},
			{296, 256, 0, 0x000011c0, 0x18, 0},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []fields
			sp := superpacketNamed(t, tc.name)
			for _, seg := range segments(t, sp, FullChecksum) {
				l4 := seg[sp.Hdr.CsumStart:]
				f := fields{Len: len(seg)}
				if seg[0]>>4 == 4 {
					f.IPLen = int(binary.BigEndian.Uint16(seg[2:]))
					f.ID = binary.BigEndian.Uint16(seg[4:])
				} else {
					f.IPLen = int(binary.BigEndian.Uint16(seg[4:]))
				}
				if sp.Hdr.CsumOffset == 16 {
					f.Seq = binary.BigEndian.Uint32(l4[4:])
					f.Flags = l4[13]
				} else {
					f.UDPLen = binary.BigEndian.Uint16(l4[4:])
				}
				got = append(got, f)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("segments (-want +got):\n%s", diff)
			}
		})
	}
}

func superpacketNamed(t *testing.T, name string) Superpacket {
	t.Helper()
	for _, sp := range Superpackets() {
		if sp.Name == name {
			return sp
		}
	}
	t.Fatalf("no superpacket %q", name)
	return Superpacket{}
}

func TestSegmentAgainstSlow(t *testing.T) {
	for _, sp := range Superpackets() {
		t.Run(sp.Name, func(t *testing.T) {
			t.Parallel()
			want := slowSegments(sp)
			if diff := difference(want, segments(t, sp, FullChecksum)); diff != "" {
				t.Errorf("segments (-want +got):\n%s", diff)
			}
			for i, seg := range segments(t, sp, PartialChecksum) {
				completePartial(seg, sp.Hdr)
				if diff := difference(want[i], seg); diff != "" {
					t.Errorf("completed segment %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// completePartial does what NEEDS_CSUM asks for.
func completePartial(seg []byte, hdr VnetHdr) {
	at := int(hdr.CsumStart + hdr.CsumOffset)
	sum := ^slowSum(seg[hdr.CsumStart:], 0)
	if sum == 0 && hdr.CsumOffset == 6 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(seg[at:], sum)
}

func TestSegmentVnetHdr(t *testing.T) {
	sp := superpacketNamed(t, "tcp6 with extension headers")
	var s Segmenter
	if f := s.Reset(sp.Hdr, sp.Packet, sp.L3, FullChecksum); f != FaultNone {
		t.Fatal(f)
	}
	if got := s.VnetHdr(); got != (VnetHdr{}) {
		t.Errorf("full checksum: vnet header %+v, want zero", got)
	}
	if f := s.Reset(sp.Hdr, sp.Packet, sp.L3, PartialChecksum); f != FaultNone {
		t.Fatal(f)
	}
	want := VnetHdr{Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, CsumStart: 64, CsumOffset: 16}
	if got := s.VnetHdr(); got != want {
		t.Errorf("partial checksum: vnet header %+v, want %+v", got, want)
	}
}

// TestSegmentKeepsDamage makes sure that a wrong pseudo header sum is not healed.
func TestSegmentKeepsDamage(t *testing.T) {
	sp := superpacketNamed(t, "udp6 odd sizes")
	sp.Packet[24] ^= 1 // destination address
	for i, seg := range segments(t, sp, FullChecksum) {
		var h Headers
		if f := h.Parse(seg, 0); f != FaultNone {
			t.Fatal(f)
		}
		if v := VerifyL4(seg, &h); v != ChecksumBad {
			t.Errorf("segment %d: checksum %v, want bad", i, v)
		}
	}
}

func TestSegmentPaddingLeftOut(t *testing.T) {
	sp := superpacketNamed(t, "udp4 whole segments")
	want := slowSegments(sp)
	sp.Packet = append(sp.Packet, make([]byte, 77)...)
	if diff := cmp.Diff(want, segments(t, sp, FullChecksum)); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
}

func TestSegmentRefuses(t *testing.T) {
	good := superpacketNamed(t, "tcp4 whole segments")
	plain := good
	plain.Hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_NONE
	lying := good
	lying.Hdr.GSOSize = 0
	tunnel := good
	tunnel.Hdr.GSOType |= VnetHdrGSOUDPTunnelIPv4
	var s Segmenter
	for _, tc := range []struct {
		name string
		sp   Superpacket
		want Fault
	}{
		{"plain packet", plain, FaultGSOType},
		{"lying header", lying, FaultGSOSize},
		{"tunnel", tunnel, FaultTunnel},
	} {
		if f := s.Reset(good.Hdr, good.Packet, 0, FullChecksum); f != FaultNone {
			t.Fatal(f)
		}
		if f := s.Reset(tc.sp.Hdr, tc.sp.Packet, 0, FullChecksum); f != tc.want {
			t.Errorf("%s: Reset: %v, want %v", tc.name, f, tc.want)
		}
		if _, _, ok := s.Next(make([]byte, MaxHeaderLen)); ok || s.Left() != 0 {
			t.Errorf("%s: a segment of the superpacket before", tc.name)
		}
	}
}

func TestSegmentAllocs(t *testing.T) {
	sp := superpacketNamed(t, "tcp6")
	var s Segmenter
	head := make([]byte, MaxHeaderLen)
	if n := testing.AllocsPerRun(100, func() {
		s.Reset(sp.Hdr, sp.Packet, sp.L3, FullChecksum)
		for {
			if _, _, ok := s.Next(head); !ok {
				return
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// FuzzSegment gives the Segmenter any header and packet; what it takes must come
// out as the slow way has it.
func FuzzSegment(f *testing.F) {
	for _, sp := range Superpackets() {
		if len(sp.Packet) > 10000 {
			continue
		}
		f.Add(encoded(&sp.Hdr), sp.Packet, uint8(sp.L3))
	}
	f.Fuzz(func(t *testing.T, raw, packet []byte, l3 uint8) {
		sp := Superpacket{Packet: packet, L3: int(l3)}
		if sp.Hdr.Decode(raw) != nil || len(packet) > 1<<14 {
			return
		}
		before := bytes.Clone(packet)
		var s Segmenter
		if s.Reset(sp.Hdr, packet, sp.L3, FullChecksum) != FaultNone {
			return
		}
		// Only a right pseudo header sum gives right checksums.
		var h Headers
		if f := h.Parse(packet, sp.L3); f != FaultNone {
			t.Fatalf("taken in spite of %v", f)
		}
		sum := h.PseudoSum(packet, h.End-h.L4)
		binary.BigEndian.PutUint16(packet[sp.Hdr.CsumStart+sp.Hdr.CsumOffset:], sum)
		binary.BigEndian.PutUint16(before[sp.Hdr.CsumStart+sp.Hdr.CsumOffset:], sum)

		got := segments(t, sp, FullChecksum)
		if diff := cmp.Diff(slowSegments(sp), got); diff != "" {
			t.Fatalf("segments (-want +got):\n%s", diff)
		}
		for i, seg := range got {
			var h Headers
			if f := h.Parse(seg, sp.L3); f != FaultNone {
				t.Fatalf("segment %d: %v", i, f)
			}
			if v := VerifyL4(seg, &h); v != ChecksumGood {
				t.Fatalf("segment %d: checksum %v", i, v)
			}
		}
		if !bytes.Equal(before, packet) {
			t.Fatal("the superpacket was changed")
		}
	})
}

// encoded returns the vnet header as bytes.
func encoded(h *VnetHdr) []byte {
	b := make([]byte, VnetHdrLen)
	if err := h.Encode(b); err != nil {
		panic(err)
	}
	return b
}

func BenchmarkSegment(b *testing.B) {
	for _, size := range []int{64, 1400} {
		for _, tc := range []struct {
			name    string
			gsoType uint8
			shape   shape
		}{
			{"udp4", unix.VIRTIO_NET_HDR_GSO_UDP_L4, shape{version: 4, protocol: unix.IPPROTO_UDP}},
			{"tcp6", unix.VIRTIO_NET_HDR_GSO_TCPV6, shape{version: 6, protocol: unix.IPPROTO_TCP}},
		} {
			tc.shape.payload = 45 * size
			sp := superpacket("", tc.shape, tc.gsoType, size, 0)
			for mode, name := range []string{FullChecksum: "full", PartialChecksum: "partial"} {
				b.Run(fmt.Sprintf("packet=%s/size=%d/checksum=%s", tc.name, size, name), func(b *testing.B) {
					b.SetBytes(int64(len(sp.Packet)))
					b.ReportAllocs()
					var s Segmenter
					head := make([]byte, MaxHeaderLen)
					for b.Loop() {
						if f := s.Reset(sp.Hdr, sp.Packet, 0, ChecksumMode(mode)); f != FaultNone {
							b.Fatal(f)
						}
						for s.Left() > 0 {
							s.Next(head)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/45, "ns/segment")
				})
			}
		}
	}
}
