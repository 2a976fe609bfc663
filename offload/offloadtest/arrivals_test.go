package offloadtest

import (
	"slices"
	"testing"

	"tunbench/offload"
)

// TestArrivalsNotice checks the comparison itself: it must accept what was sent, however
// it was coalesced, and nothing else.
func TestArrivalsNotice(t *testing.T) {
	for _, tc := range []struct {
		name   string
		tamper func(frames [][]byte) [][]byte
		wrong  bool
	}{
		{"nothing", func(f [][]byte) [][]byte { return f }, false},
		{"a packet twice", func(f [][]byte) [][]byte { return slices.Insert(f, 3, f[7]) }, true},
		{"a packet less", func(f [][]byte) [][]byte { return slices.Delete(f, 5, 6) }, true},
		{"neighbours swapped", func(f [][]byte) [][]byte { f[20], f[28] = f[28], f[20]; return f }, true},
		{"last byte", func(f [][]byte) [][]byte { f[9][len(f[9])-1]++; return f }, true},
		{"first byte", func(f [][]byte) [][]byte { f[9][offload.VnetHdrLen] ^= 4; return f }, true},
		{"time to live", func(f [][]byte) [][]byte {
			for _, b := range f {
				b[offload.VnetHdrLen+8]--
			}
			return f
		}, true},
		{"a byte more", func(f [][]byte) [][]byte { f[9] = append(f[9], 0); return f }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := NewArrivals(false)
			var frames [][]byte
			for _, in := range NewTraffic(Mixes[0], 1, NoLink).Round(64) {
				a.Expect(in)
				frames = append(frames, slices.Clone(in.Frame))
			}
			wrong := false
			for _, f := range tc.tamper(frames) {
				wrong = a.Take(f) != nil || wrong
			}
			wrong = a.Lost() != nil || wrong
			if wrong != tc.wrong {
				t.Errorf("objected: %v, want %v", wrong, tc.wrong)
			}
		})
	}
}

// TestArrivalsTakeSuperpacketsApart splits the superpackets that the traffic has, and
// damages their headers.
func TestArrivalsTakeSuperpacketsApart(t *testing.T) {
	for _, tc := range []struct {
		name   string
		tamper func(hdr *offload.VnetHdr)
		wrong  bool
	}{
		{"nothing", func(*offload.VnetHdr) {}, false},
		{"hdr_len", func(h *offload.VnetHdr) { h.HdrLen = 1 }, false},
		{"gso_size", func(h *offload.VnetHdr) { h.GSOSize++ }, true},
		{"NEEDS_CSUM", func(h *offload.VnetHdr) { h.Flags = 0 }, true},
		{"gso_type", func(h *offload.VnetHdr) { h.GSOType = 0 }, true},
		{"csum_offset", func(h *offload.VnetHdr) { h.CsumOffset++ }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			superpackets := 0
			for _, in := range NewTraffic(Mixes[3], 2, VLANLink).Round(500) {
				var hdr offload.VnetHdr
				if err := hdr.Decode(in.Frame); err != nil {
					t.Fatal(err)
				}
				if !hdr.IsSuperpacket() {
					continue
				}
				superpackets++
				a := NewArrivals(true)
				a.Expect(in)
				tc.tamper(&hdr)
				if err := hdr.Encode(in.Frame); err != nil {
					t.Fatal(err)
				}
				wrong := a.Take(in.Frame) != nil || a.Lost() != nil
				if wrong != tc.wrong {
					t.Errorf("objected: %v, want %v", wrong, tc.wrong)
				}
			}
			if superpackets < 10 {
				t.Errorf("%d superpackets in the traffic, want more", superpackets)
			}
		})
	}
}
