package traffic

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// unprotected are the places in a packet that no sum covers.
func (p packetSpec) unprotected() []int {
	var places []int
	ip := 0
	if p.ethernet {
		ip = ethernetLen
		places = append(places, span(0, 12)...) // the hardware addresses
	}
	if p.ipv6 {
		places = append(places, span(ip, ip+4)...) // traffic class and flow label
		places = append(places, ip+7)              // hop limit
	}
	if p.partial {
		udp := p.payloadStart() - udpLen
		places = append(places, udp, udp+1) // source: its sum is yet to be made
	}
	return places
}

// passing are the places that decide whether a packet is to us at all.
func (p packetSpec) passing() []int {
	var places []int
	ip := 0
	if p.ethernet {
		ip = ethernetLen
		places = append(places, 12, 13) // EtherType
	}
	places = append(places, ip) // version and header length
	if p.ipv6 {
		places = append(places, ip+6) // next header
	} else {
		places = append(places, ip+6, ip+7, ip+9) // fragment, protocol
	}
	udp := p.payloadStart() - udpLen
	return append(places, udp+2, udp+3) // destination
}

func (p packetSpec) payloadStart() int { return len(p.build()) - len(p.payload) }

func span(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// Each byte of a packet is damaged in turn: it is then corrupt, or not to us, and
// never one of ours.
func TestSinkSeesEveryDamagedByte(t *testing.T) {
	payload := func(size int) []byte { return stamped(0, size, 0, 7) }
	for name, p := range map[string]packetSpec{
		"IPv4":             {payload: payload(36)},
		"IPv4 partial":     {payload: payload(36), partial: true},
		"IPv4 options":     {payload: payload(StampLen), options: 12},
		"IPv6":             {payload: payload(StampLen + 1), ipv6: true},
		"IPv6 partial":     {payload: payload(StampLen + 2), ipv6: true, partial: true},
		"IPv4 in Ethernet": {payload: payload(StampLen + 3), ethernet: true},
		"IPv6 in Ethernet": {payload: payload(1400), ethernet: true, ipv6: true},
		"two pieces":       {payload: payload(3001)},
	} {
		p.port = testPort
		for kind := range programs() {
			for _, piece := range []uint32{2048, 512} {
				t.Run(fmt.Sprintf("%s/%s/piece=%d", kind, name, piece), func(t *testing.T) {
					t.Parallel()
					s := loadVerifyingSink(t, SinkConfig{Kind: kind, Flows: 1, Ethernet: p.ethernet}, piece)
					s.damageEveryByte(p)
				})
			}
		}
	}
}

// loadVerifyingSink takes checksums in pieces of at most that many bytes.
func loadVerifyingSink(t *testing.T, cfg SinkConfig, piece uint32) *loadedSink {
	t.Helper()
	cfg.Verify = true
	return loadSinkWith(t, cfg, map[string]any{sinkTCXVarMaxPiece: piece, sinkTCXVarFixedNow: uint64(1)})
}

func (s *loadedSink) damageEveryByte(p packetSpec) {
	whole := p.build()
	if s.receive(whole, 0); s.total() != (CPUCounts{Skbs: 1, Segments: 1, Bytes: s.total().Bytes}) {
		s.tb.Fatalf("undamaged: %+v", s.total())
	}
	unprotected, passing := p.unprotected(), p.passing()
	for at := range whole {
		if slices.Contains(unprotected, at) {
			continue
		}
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			packet := bytes.Clone(whole)
			packet[at] ^= flip
			before := s.total()
			verdict := s.receive(packet, 0)
			got := s.total().sub(before)
			passed := verdict == s.pass && got == CPUCounts{} && slices.Contains(passing, at)
			if !passed && (verdict != s.drop || got != CPUCounts{Corrupt: 1}) {
				s.tb.Errorf("byte %d of %d ^ %#x: verdict %#x, %+v", at, len(whole), flip, verdict, got)
			}
		}
	}
}

func (s *loadedSink) total() CPUCounts {
	s.tb.Helper()
	cpus, err := readCPUs(s.Cpus)
	if err != nil {
		s.tb.Fatal(err)
	}
	return SinkCounts{PerCPU: cpus}.Total()
}

// A damaged byte in a superpacket's payload costs its own segment and no other.
func TestSinkDamagedSegment(t *testing.T) {
	const size, segments = 29, 3
	for _, kind := range []SinkKind{SinkTCX, sinkClsact} {
		t.Run(string(kind), func(t *testing.T) {
			s := loadVerifyingSink(t, SinkConfig{Kind: kind, Flows: 1}, 2048)
			p := packetSpec{port: testPort, payload: stamped(0, size, 0, 4, 5, 6), partial: true}
			whole := p.build()
			for at := p.payloadStart(); at < len(whole); at++ {
				packet := bytes.Clone(whole)
				packet[at] ^= 0x10
				before := s.total()
				s.receive(packet, size)
				got := s.total().sub(before)
				if got.Corrupt != 1 || got.Segments != segments-1 {
					t.Errorf("byte %d: %+v", at, got)
				}
			}
		})
	}
}

func TestJudgePayload(t *testing.T) {
	whole := stamped(1, 1373, 0, 7)
	for _, verify := range []bool{false, true} {
		if stamp, v := judgePayload(whole, 2, verify); v != good || stamp != (Stamp{Flow: 1, Seq: 7}) {
			t.Errorf("whole: %+v, %v", stamp, v)
		}
		if _, v := judgePayload(whole, 1, verify); v != foreign {
			t.Errorf("unknown flow: %v", v)
		}
		if _, v := judgePayload(whole[:StampLen-1], 2, verify); v != foreign {
			t.Errorf("no stamp: %v", v)
		}
		for at := range whole {
			damaged := bytes.Clone(whole)
			damaged[at] ^= 0x10
			want := good
			if verify || at < StampLen {
				want = corrupt
			}
			if _, v := judgePayload(damaged, 2, verify); v != want {
				t.Errorf("verify=%v, byte %d: %v, want %v", verify, at, v, want)
			}
		}
	}
}

func FuzzPayloadSum(f *testing.F) {
	f.Add([]byte{1})
	f.Add(bytes.Repeat([]byte{0xff}, 17))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := payloadSum(b), fold(uint64(slowSum(b))); got != want {
			t.Errorf("%#x, want %#x", got, want)
		}
	})
}
