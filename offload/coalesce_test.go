package offload

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// flowNames are the kinds of flows that can be coalesced.
var flowNames = []struct {
	name              string
	version, protocol uint8
}{
	{"udp4", 4, unix.IPPROTO_UDP},
	{"tcp4", 4, unix.IPPROTO_TCP},
	{"udp6", 6, unix.IPPROTO_UDP},
	{"tcp6", 6, unix.IPPROTO_TCP},
}

// input is a packet of a flow; with a gso size, a superpacket.
type input struct{ payload, gso int }

func plain(payloads ...int) []input {
	var in []input
	for _, n := range payloads {
		in = append(in, input{payload: n})
	}
	return in
}

// flowFrames returns the packets of one flow, one behind the other.
func flowFrames(version, protocol uint8, inputs []input) [][]byte {
	var frames [][]byte
	id, seq := uint16(0xfffe), uint32(0xffffff00)
	for _, in := range inputs {
		packet, l4 := buildPacket(shape{version: version, protocol: protocol, payload: in.payload})
		if version == 4 {
			binary.BigEndian.PutUint16(packet[4:], id)
			binary.BigEndian.PutUint16(packet[10:], 0)
			binary.BigEndian.PutUint16(packet[10:], ^slowSum(packet[:20], 0))
		}
		if protocol == unix.IPPROTO_TCP {
			binary.BigEndian.PutUint32(packet[l4+4:], seq)
		}
		complete(packet, 0, l4, protocol)
		frame := append(make([]byte, VnetHdrLen), packet...)
		seq += uint32(in.payload)
		id++
		if in.gso > 0 {
			makeSuper(frame, version, protocol, in.gso)
			id += uint16((in.payload+in.gso-1)/in.gso) - 1
		}
		frames = append(frames, frame)
	}
	return frames
}

func makeSuper(frame []byte, version, protocol uint8, gsoSize int) {
	var hdr VnetHdr
	_ = hdr.Decode(partial(frame))
	hdr.GSOSize = uint16(gsoSize)
	switch {
	case protocol == unix.IPPROTO_UDP:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_UDP_L4
	case version == 4:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV4
	default:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV6
	}
	n, _ := hdr.HeaderLen(frame[VnetHdrLen:])
	hdr.HdrLen = uint16(n)
	_ = hdr.Encode(frame)
}

// TestTinySegmentsOfTCPStayAlone: the kernel would cut such a superpacket anew.
func TestTinySegmentsOfTCPStayAlone(t *testing.T) {
	for _, flow := range flowNames {
		want := 3
		if flow.protocol == unix.IPPROTO_UDP {
			want = 1
		}
		cfg := CoalesceConfig{MaxPackets: 3, VnetHdrLen: VnetHdrLen, MaxSegments: 64}
		if got := len(checkAll(t, cfg, flowFrames(flow.version, flow.protocol, plain(7, 7, 7)))); got != want {
			t.Errorf("%s: %d outputs, want %d", flow.name, got, want)
		}
	}
}

// TestLeave: packets of a protocol that is left alone go as they came, and in order.
func TestLeave(t *testing.T) {
	for _, flow := range flowNames {
		for _, protocol := range []uint8{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
			c := NewCoalescer(CoalesceConfig{MaxPackets: 3, VnetHdrLen: VnetHdrLen})
			c.Leave(protocol)
			frames := flowFrames(flow.version, flow.protocol, plain(100, 100, 100))
			want := 1
			if protocol == flow.protocol {
				want = len(frames)
			}
			for _, frame := range frames {
				c.Add(frame)
			}
			outs := c.Flush()
			if len(outs) != want {
				t.Errorf("%s without %d: %d outputs, want %d", flow.name, protocol, len(outs), want)
			}
			for i := range outs {
				if want > 1 && outs[i].Iovs[0].Base != &frames[i][0] {
					t.Errorf("%s: output %d is not packet %d", flow.name, i, i)
				}
			}
		}
	}
}

// TestCoalesceSizes says which lengths of payload go together.
func TestCoalesceSizes(t *testing.T) {
	type outputs = [][2]int // packets, segments
	many := func(n, payload int) []input { return slices.Repeat(plain(payload), n) }
	super := func(count, rest int) input { return input{count*100 + rest, 100} }
	for _, tc := range []struct {
		name   string
		max    int
		inputs []input
		want   outputs
	}{
		{"equal", 0, plain(100, 100, 100), outputs{{3, 3}}},
		{"a shorter one is the last", 0, plain(100, 100, 99, 99, 100), outputs{{3, 3}, {1, 1}, {1, 1}}},
		{"shorter ones", 0, plain(100, 99, 98, 97), outputs{{2, 2}, {2, 2}}},
		{"longer ones", 0, plain(100, 101, 102), outputs{{1, 1}, {1, 1}, {1, 1}}},
		{"eight bytes", 0, plain(8, 8, 8, 1), outputs{{4, 4}}},
		{"none", 0, plain(0, 0), outputs{{1, 1}, {1, 1}}},
		{"none in between", 0, plain(100, 100, 0, 100, 100), outputs{{2, 2}, {1, 1}, {2, 2}}},
		{"64 segments", 0, many(130, 36), outputs{{64, 64}, {64, 64}, {2, 2}}},
		{"128 segments", 128, many(130, 36), outputs{{128, 128}, {2, 2}}},
		{"64 KiB", 128, many(70, 1400), outputs{{46, 46}, {24, 24}}},
		{"64 KiB with a shorter one", 128, append(many(46, 1400), plain(1075, 1400)...), outputs{{47, 47}, {1, 1}}},
		{"64 KiB and a byte", 128, append(many(46, 1400), plain(1108, 1400)...), outputs{{46, 46}, {1, 1}, {1, 1}}},
		{"whole superpackets", 0, []input{super(3, 0), super(4, 0)}, outputs{{2, 7}}},
		{"a superpacket that is not whole is the last", 0, []input{super(3, 0), super(4, 50), super(2, 0)}, outputs{{2, 8}, {1, 2}}},
		{"a superpacket behind a packet", 0, []input{{100, 0}, super(2, 0), {100, 0}, {7, 0}}, outputs{{4, 5}}},
		{"another size", 0, []input{super(2, 0), {400, 200}, {200, 0}}, outputs{{1, 2}, {2, 3}}},
		{"a shorter packet behind a superpacket", 0, []input{super(2, 0), {40, 0}, {40, 0}}, outputs{{2, 3}, {1, 1}}},
		{"superpackets beyond the limit", 0, []input{super(40, 0), super(24, 0), super(1, 0)}, outputs{{2, 64}, {1, 1}}},
		{"a superpacket beyond the limit", 0, []input{super(65, 0), {100, 0}}, outputs{{1, 65}, {1, 1}}},
		{"a superpacket of one segment", 0, []input{{60, 100}, {60, 0}, {60, 100}, {20, 100}}, outputs{{4, 4}}},
		{"a superpacket alone", 0, []input{super(3, 1)}, outputs{{1, 4}}},
	} {
		for _, flow := range flowNames {
			t.Run(tc.name+"/"+flow.name, func(t *testing.T) {
				cfg := CoalesceConfig{MaxPackets: len(tc.inputs), VnetHdrLen: VnetHdrLen, MaxSegments: max(tc.max, 64)}
				var got outputs
				for _, r := range checkAll(t, cfg, flowFrames(flow.version, flow.protocol, tc.inputs)) {
					got = append(got, [2]int{r.Packets, r.Segments})
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("packets and segments of each output (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestCoalesceFields spells out one output, header by header.
func TestCoalesceFields(t *testing.T) {
	cfg := CoalesceConfig{MaxPackets: 3, VnetHdrLen: VnetHdrV1HashTunnelLen, MaxSegments: 64, Ethernet: true}
	vlan := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 0x08, 0}
	var frames [][]byte
	for _, f := range flowFrames(4, unix.IPPROTO_TCP, plain(100, 100, 60)) {
		frame := append(slices.Concat(f[:VnetHdrLen], make([]byte, 14), vlan), f[VnetHdrLen:]...)
		frame[VnetHdrLen+2] = 0xee // a hash that says nothing about the superpacket
		frames = append(frames, frame)
	}
	frames[2][len(frames[2])-60-20+13] |= tcpFlagPSH
	complete(frames[2][cfg.VnetHdrLen:], 18, 38, unix.IPPROTO_TCP)
	got := checkAll(t, cfg, frames)
	if len(got) != 1 {
		t.Fatalf("%d outputs, want 1", len(got))
	}
	var hdr VnetHdrV1HashTunnel
	if err := hdr.Decode(got[0].Frame); err != nil {
		t.Fatal(err)
	}
	want := VnetHdrV1HashTunnel{VnetHdrV1: VnetHdrV1{VnetHdr: VnetHdr{
		Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, GSOType: unix.VIRTIO_NET_HDR_GSO_TCPV4,
		HdrLen: 58, GSOSize: 100, CsumStart: 38, CsumOffset: 16,
	}}}
	if diff := cmp.Diff(want, hdr); diff != "" {
		t.Errorf("vnet header (-want +got):\n%s", diff)
	}
	packet := got[0].Frame[cfg.VnetHdrLen:]
	if f := hdr.Validate(packet, 18); f != FaultNone {
		t.Errorf("Validate: %v", f)
	}
	ip, tcp := packet[18:], packet[38:]
	if n := binary.BigEndian.Uint16(ip[2:]); n != 20+20+260 {
		t.Errorf("total length %d", n)
	}
	if flags := tcp[13]; flags != tcpFlagPSH|0x10 {
		t.Errorf("TCP flags %#x, want PSH and ACK", flags)
	}
	if seq := binary.BigEndian.Uint32(tcp[4:]); seq != 0xffffff00 {
		t.Errorf("sequence number %#x, want the first packet's", seq)
	}
	if sum := binary.BigEndian.Uint16(tcp[16:]); sum != slowPseudo(packet, 18, unix.IPPROTO_TCP, 280) {
		t.Errorf("TCP checksum %#x, want the pseudo header's", sum)
	}
}

// TestCoalesceFirstPacket lists what must not be the first of an output.
func TestCoalesceFirstPacket(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(frame []byte) []byte
	}{
		{"PSH", edited(func(_, l4 []byte) { l4[13] |= tcpFlagPSH })},
		{"FIN", edited(func(_, l4 []byte) { l4[13] |= tcpFlagFIN })},
		{"wrong TCP checksum", raw(func(_, _, l4 []byte) { l4[16]++ })},
		{"wrong IP checksum", raw(func(_, ip, _ []byte) { ip[11]++ })},
		{"payload", raw(func(_, _, l4 []byte) { l4[30]++ })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			frames := flowFrames(4, unix.IPPROTO_TCP, plain(100, 100, 100))
			frames[0] = tc.change(frames[0])
			cfg := CoalesceConfig{MaxPackets: 3, VnetHdrLen: VnetHdrLen, MaxSegments: 64}
			if diff := cmp.Diff([]int{1, 2}, packetsOf(checkAll(t, cfg, frames))); diff != "" {
				t.Errorf("packets of each output (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCoalesceIdentification says how the identification of IPv4 may go on.
func TestCoalesceIdentification(t *testing.T) {
	const df = true
	for _, tc := range []struct {
		name string
		df   bool
		ids  []uint16
		want []int
	}{
		{"counting", df, []uint16{0xfffe, 0xffff, 0, 1}, []int{4}},
		{"counting without DF", !df, []uint16{5, 6, 7}, []int{3}},
		{"the same", df, []uint16{0, 0, 0}, []int{3}},
		{"the same without DF", !df, []uint16{0, 0, 0}, []int{1, 1, 1}},
		{"the same, then counting", df, []uint16{0, 0, 1, 2}, []int{2, 2}},
		{"counting, then the same", df, []uint16{0, 1, 1, 1}, []int{2, 2}},
		{"backwards", df, []uint16{2, 1, 0}, []int{1, 1, 1}},
		{"in steps of 256", df, []uint16{0, 256, 512}, []int{1, 1, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			frames := flowFrames(4, unix.IPPROTO_UDP, slices.Repeat(plain(100), len(tc.ids)))
			for i, id := range tc.ids {
				frames[i] = edited(func(ip, _ []byte) {
					binary.BigEndian.PutUint16(ip[4:], id)
					if !tc.df {
						ip[6] = 0
					}
				})(frames[i])
			}
			cfg := CoalesceConfig{MaxPackets: len(frames), VnetHdrLen: VnetHdrLen, MaxSegments: 64}
			if diff := cmp.Diff(tc.want, packetsOf(checkAll(t, cfg, frames))); diff != "" {
				t.Errorf("packets of each output (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCoalesceInterleaved has 64 flows in turn, four packets of each.
func TestCoalesceInterleaved(t *testing.T) {
	const flows, each = 64, 4
	for _, kind := range flowNames {
		t.Run(kind.name, func(t *testing.T) {
			frames := make([][]byte, flows*each)
			for f := range flows {
				for i, frame := range flowFrames(kind.version, kind.protocol, slices.Repeat(plain(36), each)) {
					frames[i*flows+f] = edited(func(_, l4 []byte) { l4[1] = byte(f) })(frame)
				}
			}
			cfg := CoalesceConfig{MaxPackets: len(frames), VnetHdrLen: VnetHdrLen, MaxSegments: 64}
			if diff := cmp.Diff(slices.Repeat([]int{each}, flows), packetsOf(checkAll(t, cfg, frames))); diff != "" {
				t.Errorf("packets of each output (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCoalesceBarrier puts packets whose flow cannot be told between those of a flow.
func TestCoalesceBarrier(t *testing.T) {
	for _, tc := range []struct {
		name  string
		frame []byte
	}{
		{"nothing", nil},
		{"a vnet header", make([]byte, VnetHdrLen)},
		{"a byte more", append(make([]byte, VnetHdrLen), 0x45)},
		{"not IP", append(make([]byte, VnetHdrLen), make([]byte, 100)...)},
		{"ICMP", append(make([]byte, VnetHdrLen), plainPacket(4, unix.IPPROTO_ICMP, 56)...)},
		{"IP fragment", append(make([]byte, VnetHdrLen), fragmented(plainPacket(4, unix.IPPROTO_UDP, 56))...)},
		{"cut short", append(make([]byte, VnetHdrLen), plainPacket(6, unix.IPPROTO_UDP, 56)[:80]...)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			frames := slices.Insert(flowFrames(6, unix.IPPROTO_UDP, plain(9, 9, 9, 9)), 2, tc.frame)
			cfg := CoalesceConfig{MaxPackets: 5, VnetHdrLen: VnetHdrLen, MaxSegments: 64}
			got := checkAll(t, cfg, frames)
			if diff := cmp.Diff([]int{2, 1, 2}, packetsOf(got)); diff != "" {
				t.Errorf("packets of each output (-want +got):\n%s", diff)
			}
			if !bytes.Equal(got[1].Frame, tc.frame) {
				t.Error("the packet was changed")
			}
		})
	}
}

// TestCoalesceTunnelUntouched adds a superpacket inside a UDP tunnel: it stays as it is, and
// its segments are counted.
func TestCoalesceTunnelUntouched(t *testing.T) {
	frame := flowFrames(4, unix.IPPROTO_TCP, []input{{1000, 100}})[0]
	frame[posGSOType] = unix.VIRTIO_NET_HDR_GSO_TCPV4 | VnetHdrGSOUDPTunnelIPv4
	frame[posHdrLen]++
	cfg := CoalesceConfig{MaxPackets: 3, VnetHdrLen: VnetHdrLen, MaxSegments: 64}
	got := checkAll(t, cfg, [][]byte{frame, bytes.Clone(frame)})
	if len(got) != 2 || !bytes.Equal(got[0].Frame, frame) || !bytes.Equal(got[1].Frame, frame) {
		t.Errorf("outputs %+v, want two as they came", got)
	}
	var hdr VnetHdr
	if err := hdr.Decode(frame); err != nil {
		t.Fatal(err)
	}
	packet := frame[VnetHdrLen:]
	headerLen, ok := hdr.HeaderLen(packet)
	if want := hdr.SegmentCount(len(packet), headerLen); !ok || got[0].Segments != want || want != 10 {
		t.Errorf("%d segments, want %d, which is 10", got[0].Segments, want)
	}
}

// TestCoalesceVectors says what is copied and what is gathered.
func TestCoalesceVectors(t *testing.T) {
	for _, tc := range []struct {
		name                string
		limit, payload, cap int
		want                []int // bytes of each vector
	}{
		{"all copied", 0, 36, 4 * 36, []int{74 + 2*36 + 35}},
		{"no room", 0, 36, 35, []int{74, 36, 36 + 35}}, // the last fits behind the one before
		{"room for one", 0, 36, 50, []int{74 + 36, 36 + 35}},
		{"too long", 0, 300, 4 * 300, []int{338, 300, 300, 299}},
		{"never", -1, 36, 4 * 36, []int{74, 36, 36, 35}},
		{"at the limit", 36, 36, 4 * 36, []int{74 + 2*36 + 35}},
		{"beyond the limit", 35, 36, 4 * 36, []int{74, 36, 36 + 35}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := NewCoalescer(CoalesceConfig{MaxPackets: 4, VnetHdrLen: VnetHdrLen, CopyLimit: tc.limit})
			for _, f := range Flow(4, unix.IPPROTO_UDP, 4, tc.payload, tc.payload-1, tc.cap) {
				c.Add(f)
			}
			var got []int
			for _, o := range c.Flush() {
				for _, v := range o.Iovs {
					got = append(got, int(v.Len))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("vectors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoalesceAllocs(t *testing.T) {
	tr := traffic{cfg: CoalesceConfig{MaxPackets: 256, VnetHdrLen: VnetHdrLen, MaxSegments: 64}}
	frames := tr.frames(randomScript(1, 256))
	pristine := make([][]byte, len(frames))
	for i, f := range frames {
		pristine[i] = bytes.Clone(f)
	}
	c := NewCoalescer(tr.cfg)
	if n := testing.AllocsPerRun(100, func() {
		for i, f := range frames {
			copy(f, pristine[i])
			c.Add(f)
		}
		c.Flush()
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
