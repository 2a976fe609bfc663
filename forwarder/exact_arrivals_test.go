package forwarder

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"tunbench/offload"
)

// arrivals compares what arrives with what was sent, packet by packet.
type arrivals struct {
	ethernet bool
	waiting  map[string][]expected // by their bytes; equal ones in the order of sending
	sent     map[int]int           // packets of each flow
	arrived  map[int]int           // position of the last one that arrived
	missing  int                   // packets that must arrive still
	lies     int                   // packets that may

	segments     uint64 // sent in all
	superpackets int    // arrived
}

type expected struct {
	flow, position int
	lies           bool
}

func newArrivals(ethernet bool) *arrivals {
	return &arrivals{ethernet: ethernet, waiting: map[string][]expected{}, sent: map[int]int{}, arrived: map[int]int{}}
}

// expect is told of a frame before it is sent.
func (a *arrivals) expect(in injection) {
	for _, packet := range in.wire {
		a.segments++
		a.sent[in.flow]++
		key := canonical(packet, a.ethernet)
		a.waiting[key] = append(a.waiting[key], expected{in.flow, a.sent[in.flow], in.lies})
		if in.lies {
			a.lies++
		} else {
			a.missing++
		}
	}
}

// take is told of a frame that arrived.
func (a *arrivals) take(frame []byte) error {
	var hdr offload.VnetHdr
	if err := hdr.Decode(frame); err != nil {
		return err
	}
	if hdr.IsSuperpacket() {
		a.superpackets++
	}
	packets, err := wirePackets(frame, a.ethernet)
	if err != nil {
		return err
	}
	var errs []error
	for i, packet := range packets {
		if err := a.takePacket(packet); err != nil {
			errs = append(errs, fmt.Errorf("packet %d of %d with %+v: %w", i, len(packets), hdr, err))
		}
	}
	return errors.Join(errs...)
}

func (a *arrivals) takePacket(packet []byte) error {
	key := canonical(packet, a.ethernet)
	candidates := a.waiting[key]
	if len(candidates) == 0 {
		return fmt.Errorf("nobody sent this, or not as often: % x (%d bytes)", packet[:min(len(packet), 100)], len(packet))
	}
	e := candidates[0]
	a.waiting[key] = candidates[1:]
	if e.lies {
		a.lies--
		return nil
	}
	a.missing--
	if e.flow != unordered && e.position <= a.arrived[e.flow] {
		return fmt.Errorf("packet %d of flow %d arrived after packet %d", e.position, e.flow, a.arrived[e.flow])
	}
	a.arrived[e.flow] = e.position
	return nil
}

// lost describes up to three packets that did not arrive though they had to.
func (a *arrivals) lost() error {
	if a.missing == 0 {
		return nil
	}
	errs := []error{fmt.Errorf("%d packets did not arrive", a.missing)}
	for packet, places := range a.waiting {
		if len(errs) > 3 {
			break
		}
		for _, e := range places {
			if !e.lies {
				errs = append(errs, fmt.Errorf("packet %d of flow %d: % x (%d bytes)", e.position, e.flow, packet[:min(len(packet), 100)], len(packet)))
			}
		}
	}
	return errors.Join(errs...)
}

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
			a := newArrivals(false)
			var frames [][]byte
			for _, in := range newTraffic(mixes[0], 1, noLink).round(64) {
				a.expect(in)
				frames = append(frames, slices.Clone(in.frame))
			}
			wrong := false
			for _, f := range tc.tamper(frames) {
				wrong = a.take(f) != nil || wrong
			}
			wrong = a.lost() != nil || wrong
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
			for _, in := range newTraffic(mixes[3], 2, vlanLink).round(500) {
				var hdr offload.VnetHdr
				if err := hdr.Decode(in.frame); err != nil {
					t.Fatal(err)
				}
				if !hdr.IsSuperpacket() {
					continue
				}
				superpackets++
				a := newArrivals(true)
				a.expect(in)
				tc.tamper(&hdr)
				if err := hdr.Encode(in.frame); err != nil {
					t.Fatal(err)
				}
				wrong := a.take(in.frame) != nil || a.lost() != nil
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
