package offload

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// Extension headers as they stand in a packet; the first byte names what follows.
var (
	hopByHop      = []byte{unix.IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0}
	destination16 = []byte{unix.IPPROTO_TCP, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	routing       = []byte{unix.IPPROTO_UDP, 2, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	auth          = []byte{unix.IPPROTO_UDP, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	atomic        = []byte{unix.IPPROTO_UDP, 0, 0, 0, 1, 2, 3, 4} // fragment header of a whole packet (RFC 6946)
	laterFragment = []byte{unix.IPPROTO_UDP, 0, 0, 0x08, 1, 2, 3, 4}
)

func TestParse(t *testing.T) {
	nops := []byte{1, 1, 1, 1, 1, 1, 1, 0}
	timestamps := []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
	udpLen := func(v uint16) func([]byte) []byte {
		return func(p []byte) []byte { binary.BigEndian.PutUint16(p[20+4:], v); return p }
	}
	for _, tc := range []struct {
		name  string
		shape shape
		edit  func([]byte) []byte
		want  Headers
	}{
		{
			name: "tcp4", shape: shape{version: 4, protocol: unix.IPPROTO_TCP, payload: 10},
			want: Headers{Version: 4, Protocol: unix.IPPROTO_TCP, L4: 20, Payload: 40, End: 50, L4Len: 30},
		},
		{
			name: "tcp4 with options everywhere", shape: shape{version: 4, protocol: unix.IPPROTO_TCP, ipOptions: nops, tcpOptions: timestamps, payload: 1},
			want: Headers{Version: 4, Protocol: unix.IPPROTO_TCP, L4: 28, Payload: 60, End: 61, L4Len: 33},
		},
		{
			name: "udp6 without payload", shape: shape{version: 6, protocol: unix.IPPROTO_UDP},
			want: Headers{Version: 6, Protocol: unix.IPPROTO_UDP, L4: 40, Payload: 48, End: 48, L4Len: 8},
		},
		{
			name: "ethernet, padded", shape: shape{link: make([]byte, 14), version: 4, protocol: unix.IPPROTO_UDP, payload: 3},
			edit: func(p []byte) []byte { return append(p, make([]byte, 20)...) },
			want: Headers{Version: 4, Protocol: unix.IPPROTO_UDP, L3: 14, L4: 34, Payload: 42, End: 45, L4Len: 11},
		},
		{
			name: "icmp", shape: shape{version: 4, protocol: unix.IPPROTO_ICMP, payload: 64},
			want: Headers{Version: 4, Protocol: unix.IPPROTO_ICMP, L4: 20, Payload: 20, End: 84, L4Len: 64},
		},
		{
			name: "tcp6 behind two extension headers",
			shape: shape{
				version: 6, next: unix.IPPROTO_HOPOPTS, extensions: append(append([]byte{}, hopByHop...), destination16...),
				protocol: unix.IPPROTO_TCP, payload: 100,
			},
			want: Headers{Version: 6, Protocol: unix.IPPROTO_TCP, L4: 64, Payload: 84, End: 184, L4Len: 120},
		},
		{
			name:  "udp6 behind a routing header",
			shape: shape{version: 6, next: unix.IPPROTO_ROUTING, extensions: routing, protocol: unix.IPPROTO_UDP, payload: 1},
			want:  Headers{Version: 6, Protocol: unix.IPPROTO_UDP, L4: 64, Payload: 72, End: 73, L4Len: 9},
		},
		{
			name:  "udp6 behind an authentication header",
			shape: shape{version: 6, next: unix.IPPROTO_AH, extensions: auth, protocol: unix.IPPROTO_UDP, payload: 1},
			want:  Headers{Version: 6, Protocol: unix.IPPROTO_UDP, L4: 64, Payload: 72, End: 73, L4Len: 9},
		},
		{
			name:  "udp6, one fragment only",
			shape: shape{version: 6, next: unix.IPPROTO_FRAGMENT, extensions: atomic, protocol: unix.IPPROTO_UDP, payload: 1},
			want:  Headers{Version: 6, Protocol: unix.IPPROTO_UDP, L4: 48, Payload: 56, End: 57, L4Len: 9},
		},
		{
			name:  "later fragment of IPv6, nothing but payload",
			shape: shape{version: 6, next: unix.IPPROTO_FRAGMENT, extensions: laterFragment, protocol: unix.IPPROTO_NONE, payload: 3},
			want:  Headers{Version: 6, Protocol: unix.IPPROTO_UDP, Fragment: true, L4: 48, Payload: 48, End: 51, L4Len: 3},
		},
		{
			name: "first fragment of IPv4", shape: shape{version: 4, protocol: unix.IPPROTO_TCP, payload: 8}, edit: fragmented,
			want: Headers{Version: 4, Protocol: unix.IPPROTO_TCP, Fragment: true, L4: 20, Payload: 20, End: 48, L4Len: 28},
		},
		{
			name: "udp length below the IP payload", shape: shape{version: 4, protocol: unix.IPPROTO_UDP, payload: 10}, edit: udpLen(9),
			want: Headers{Version: 4, Protocol: unix.IPPROTO_UDP, L4: 20, Payload: 28, End: 38, L4Len: 9},
		},
		{
			name: "udp length 0", shape: shape{version: 4, protocol: unix.IPPROTO_UDP, payload: 10}, edit: udpLen(0),
			want: Headers{Version: 4, Protocol: unix.IPPROTO_UDP, L4: 20, Payload: 28, End: 38},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			packet, _ := buildPacket(tc.shape)
			if tc.edit != nil {
				packet = tc.edit(packet)
			}
			got := Headers{Fragment: true, L4Len: -1} // what is left of another packet
			if f := got.Parse(packet, len(tc.shape.link)); f != FaultNone {
				t.Fatalf("Parse: %v", f)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFaults(t *testing.T) {
	tcp4 := shape{version: 4, protocol: unix.IPPROTO_TCP, payload: 10}
	udp4 := shape{version: 4, protocol: unix.IPPROTO_UDP, payload: 10}
	udp6 := shape{version: 6, protocol: unix.IPPROTO_UDP, payload: 10}
	extended := func(next uint8, extensions ...byte) shape {
		return shape{version: 6, next: next, extensions: extensions, protocol: unix.IPPROTO_NONE}
	}
	set := func(at int, v byte) func([]byte) []byte {
		return func(p []byte) []byte { p[at] = v; return p }
	}
	cut := func(n int) func([]byte) []byte {
		return func(p []byte) []byte { return p[:n] }
	}
	// An IP length that agrees with the cut, so that it is not the first to lie.
	shorten := func(n int) func([]byte) []byte {
		return func(p []byte) []byte {
			binary.BigEndian.PutUint16(p[2:], uint16(n))
			return p[:n]
		}
	}
	chain := make([]byte, 8*100)
	for i := 0; i < len(chain); i += 8 {
		chain[i] = unix.IPPROTO_DSTOPTS
	}
	for _, tc := range []struct {
		name  string
		shape shape
		edit  func([]byte) []byte
		want  Fault
	}{
		{"nothing", tcp4, cut(0), FaultTruncated},
		{"version 5", tcp4, set(0, 0x55), FaultNotIP},
		{"half an IPv4 header", tcp4, cut(19), FaultTruncated},
		{"half an IPv6 header", udp6, cut(39), FaultTruncated},
		{"IHL 4", tcp4, set(0, 0x44), FaultIPv4Header},
		{"IHL past the packet", udp4, set(0, 0x4f), FaultIPv4Header},
		{"total length past the packet", tcp4, cut(49), FaultIPLength},
		{"total length 0", tcp4, func(p []byte) []byte { p[2], p[3] = 0, 0; return p }, FaultIPLength},
		{"total length below the IHL", tcp4, set(3, 19), FaultIPv4Header},
		{"IPv6 payload past the packet", udp6, cut(57), FaultIPLength},
		{"IPv6 jumbogram", extended(unix.IPPROTO_HOPOPTS, unix.IPPROTO_UDP, 0, 0xc2, 4, 0, 1, 0, 0), func(p []byte) []byte { p[4], p[5] = 0, 0; return p }, FaultIPLength},
		{"extension header past the payload", extended(unix.IPPROTO_DSTOPTS, unix.IPPROTO_UDP, 1, 0, 0, 0, 0, 0, 0), nil, FaultExtensions},
		{"extension header of 7 bytes", extended(unix.IPPROTO_DSTOPTS, unix.IPPROTO_UDP, 0, 0, 0, 0, 0, 0), nil, FaultExtensions},
		{"authentication header of 4 bytes", extended(unix.IPPROTO_AH, unix.IPPROTO_UDP, 0xff, 0, 0, 0, 0, 0, 0), nil, FaultExtensions},
		{"extension headers without end", extended(unix.IPPROTO_DSTOPTS, chain...), nil, FaultExtensions},
		{"half a TCP header", tcp4, shorten(39), FaultTruncated},
		{"half a UDP header", udp4, shorten(27), FaultTruncated},
		{"data offset 4", tcp4, set(20+12, 0x40), FaultTCPHeader},
		{"data offset past the segment", tcp4, set(20+12, 0xf0), FaultTCPHeader},
		{"UDP length 7", udp4, set(20+5, 7), FaultUDPLength},
		{"UDP length past the IP payload", udp4, set(20+5, 19), FaultUDPLength},
	} {
		t.Run(tc.name, func(t *testing.T) {
			packet, _ := buildPacket(tc.shape)
			if tc.edit != nil {
				packet = tc.edit(packet)
			}
			var h Headers
			if got := h.Parse(packet, 0); got != tc.want {
				t.Errorf("Parse: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestParsePositionOutside(t *testing.T) {
	var h Headers
	for _, l3 := range []int{-1, 20, 21, 1 << 40} {
		if f := h.Parse(make([]byte, 20), l3); f != FaultTruncated {
			t.Errorf("Parse at %d of 20 bytes: %v, want %v", l3, f, FaultTruncated)
		}
	}
}

func TestL3Offset(t *testing.T) {
	frame := func(types ...uint16) []byte {
		b := make([]byte, 12)
		for i, v := range types {
			if i > 0 {
				b = append(b, 0, 7) // tag control information
			}
			b = binary.BigEndian.AppendUint16(b, v)
		}
		return b
	}
	manyTags := make([]uint16, maxVLANTags+2)
	for i := range manyTags {
		manyTags[i] = unix.ETH_P_8021Q
	}
	for _, tc := range []struct {
		name  string
		frame []byte
		l3    int
		want  Fault
	}{
		{"IPv4", append(frame(unix.ETH_P_IP), 0x45), 14, FaultNone},
		{"IPv6", append(frame(unix.ETH_P_IPV6), 0x60), 14, FaultNone},
		{"802.1Q", append(frame(unix.ETH_P_8021Q, unix.ETH_P_IP), 0x45), 18, FaultNone},
		{"802.1ad", append(frame(unix.ETH_P_8021AD, unix.ETH_P_8021Q, unix.ETH_P_IPV6), 0x60), 22, FaultNone},
		{"IPv4 that is IPv6", append(frame(unix.ETH_P_IP), 0x60), 0, FaultVersion},
		{"nothing behind it", frame(unix.ETH_P_IP), 0, FaultTruncated},
		{"half a type", frame(unix.ETH_P_IP)[:13], 0, FaultTruncated},
		{"half a tag", frame(unix.ETH_P_8021Q, unix.ETH_P_IP)[:17], 0, FaultTruncated},
		{"ARP", append(frame(unix.ETH_P_ARP), make([]byte, 28)...), 0, FaultNotIP},
		{"tags without end", append(frame(manyTags...), make([]byte, 40)...), 0, FaultNotIP},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l3, f := L3Offset(tc.frame)
			if f != tc.want || (f == FaultNone && l3 != tc.l3) {
				t.Errorf("L3Offset = %d, %v; want %d, %v", l3, f, tc.l3, tc.want)
			}
		})
	}
}

func TestParseAllocs(t *testing.T) {
	packet := plainPacket(6, unix.IPPROTO_TCP, 100)
	var h Headers
	if n := testing.AllocsPerRun(100, func() {
		h.Parse(packet, 0)
		VerifyL4(packet, &h)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, version := range []uint8{4, 6} {
		for _, protocol := range []uint8{unix.IPPROTO_TCP, unix.IPPROTO_UDP, unix.IPPROTO_ICMP} {
			f.Add(plainPacket(version, protocol, 5), false)
		}
	}
	f.Fuzz(func(t *testing.T, packet []byte, ethernet bool) {
		l3 := 0
		if ethernet {
			var f Fault
			if l3, f = L3Offset(packet); f != FaultNone {
				return
			}
			if l3 >= len(packet) {
				t.Fatalf("L3Offset %d of a frame of %d bytes", l3, len(packet))
			}
		}
		var h Headers
		if f := h.Parse(packet, l3); f != FaultNone {
			return
		}
		if h.L3 != l3 || h.L4 < l3+ipv4MinHdrLen || h.Payload < h.L4 || h.End < h.Payload || h.End > len(packet) {
			t.Fatalf("headers out of order in a packet of %d bytes: %+v", len(packet), h)
		}
		if h.L4Len < 0 || h.L4+h.L4Len > h.End {
			t.Fatalf("L4 length past the end: %+v", h)
		}
		verdict := VerifyL4(packet, &h)
		if h.Fragment && verdict != ChecksumNone {
			t.Fatalf("an IP fragment's checksum is %v", verdict)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, tc := range []struct {
		name   string
		packet []byte
	}{
		{"udp4", plainPacket(4, unix.IPPROTO_UDP, 18)},
		{"tcp4", plainPacket(4, unix.IPPROTO_TCP, 18)},
		{"udp6", plainPacket(6, unix.IPPROTO_UDP, 18)},
		{"tcp6", plainPacket(6, unix.IPPROTO_TCP, 18)},
	} {
		b.Run("packet="+tc.name, func(b *testing.B) {
			b.ReportAllocs()
			var h Headers
			for b.Loop() {
				if h.Parse(tc.packet, 0) != FaultNone {
					b.Fatal("fault")
				}
			}
		})
	}
}
