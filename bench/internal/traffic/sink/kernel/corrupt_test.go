package kernel

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// unprotected are the places in a packet that no sum covers.
func unprotected(p traffictest.Packet) []int {
	var places []int
	ip := 0
	if p.Ethernet {
		ip = wire.EthernetLen
		places = append(places, span(0, 12)...) // the hardware addresses
	}
	if p.IPv6 {
		places = append(places, span(ip, ip+4)...) // traffic class and flow label
		places = append(places, ip+7)              // hop limit
	}
	if p.Partial {
		udp := payloadStart(p) - wire.UDPLen
		places = append(places, udp, udp+1) // source: its sum is yet to be made
	}
	return places
}

// passing are the places that decide whether a packet is to us at all.
func passing(p traffictest.Packet) []int {
	var places []int
	ip := 0
	if p.Ethernet {
		ip = wire.EthernetLen
		places = append(places, 12, 13) // EtherType
	}
	places = append(places, ip) // version and header length
	if p.IPv6 {
		places = append(places, ip+6) // next header
	} else {
		places = append(places, ip+6, ip+7, ip+9) // fragment, protocol
	}
	udp := payloadStart(p) - wire.UDPLen
	return append(places, udp+2, udp+3) // destination
}

func payloadStart(p traffictest.Packet) int { return len(p.Build()) - len(p.Payload) }

func span(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// Each byte of a packet is damaged in turn: it is then corrupt, or not to us, and
// never one of ours.
func TestSinkSeesEveryDamagedByte(t *testing.T) {
	payload := func(size int) []byte { return traffictest.Stamped(0, size, 0, 7) }
	for name, p := range map[string]traffictest.Packet{
		"IPv4":             {Payload: payload(36)},
		"IPv4 partial":     {Payload: payload(36), Partial: true},
		"IPv4 options":     {Payload: payload(wire.StampLen), Options: 12},
		"IPv6":             {Payload: payload(wire.StampLen + 1), IPv6: true},
		"IPv6 partial":     {Payload: payload(wire.StampLen + 2), IPv6: true, Partial: true},
		"IPv4 in Ethernet": {Payload: payload(wire.StampLen + 3), Ethernet: true},
		"IPv6 in Ethernet": {Payload: payload(1400), Ethernet: true, IPv6: true},
		"two pieces":       {Payload: payload(3001)},
	} {
		p.Port = traffictest.Port
		for kind := range programs() {
			for _, piece := range []uint32{2048, 512} {
				t.Run(fmt.Sprintf("%s/%s/piece=%d", kind, name, piece), func(t *testing.T) {
					t.Parallel()
					s := loadVerifyingSink(t, kind, sink.Config{Flows: 1, Ethernet: p.Ethernet}, piece)
					s.damageEveryByte(p)
				})
			}
		}
	}
}

// loadVerifyingSink takes checksums in pieces of at most that many bytes.
func loadVerifyingSink(t *testing.T, kind string, cfg sink.Config, piece uint32) *loadedSink {
	t.Helper()
	cfg.Verify = true
	return loadSinkWith(t, kind, cfg, map[string]any{sinkTCXVarMaxPiece: piece, sinkTCXVarFixedNow: uint64(1)})
}

func (s *loadedSink) damageEveryByte(p traffictest.Packet) {
	whole := p.Build()
	if s.receive(whole, 0); s.total() != (sink.CPUCounts{Skbs: 1, Segments: 1, Bytes: s.total().Bytes}) {
		s.tb.Fatalf("undamaged: %+v", s.total())
	}
	unprotected, passing := unprotected(p), passing(p)
	for at := range whole {
		if slices.Contains(unprotected, at) {
			continue
		}
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			packet := bytes.Clone(whole)
			packet[at] ^= flip
			before := s.total()
			verdict := s.receive(packet, 0)
			got := s.total().Sub(before)
			passed := verdict == s.pass && got == sink.CPUCounts{} && slices.Contains(passing, at)
			if !passed && (verdict != s.drop || got != sink.CPUCounts{Corrupt: 1}) {
				s.tb.Errorf("byte %d of %d ^ %#x: verdict %#x, %+v", at, len(whole), flip, verdict, got)
			}
		}
	}
}

func (s *loadedSink) total() sink.CPUCounts {
	s.tb.Helper()
	cpus, err := readCPUs(s.Cpus)
	if err != nil {
		s.tb.Fatal(err)
	}
	return sink.Counts{PerCPU: cpus}.Total()
}

// A damaged byte in a superpacket's payload costs its own segment and no other.
func TestSinkDamagedSegment(t *testing.T) {
	const size, segments = 29, 3
	for _, kind := range []string{"tcx", "clsact"} {
		t.Run(kind, func(t *testing.T) {
			s := loadVerifyingSink(t, kind, sink.Config{Flows: 1}, 2048)
			p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(0, size, 0, 4, 5, 6), Partial: true}
			whole := p.Build()
			for at := payloadStart(p); at < len(whole); at++ {
				packet := bytes.Clone(whole)
				packet[at] ^= 0x10
				before := s.total()
				s.receive(packet, size)
				got := s.total().Sub(before)
				if got.Corrupt != 1 || got.Segments != segments-1 {
					t.Errorf("byte %d: %+v", at, got)
				}
			}
		})
	}
}
