package offloadtest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tunbench/offload"
)

// Arrivals compares what arrives with what was sent, packet by packet. It is for one
// goroutine.
type Arrivals struct {
	ethernet bool
	waiting  map[string][]expected // by their bytes; equal ones in the order of sending
	taken    map[string]bool
	may      map[string]bool // by their bytes
	parts    [][]byte        // superpackets whose parts may
	sent     map[int]int     // packets of each flow
	arrived  map[int]int     // position of the last one that arrived

	Segments     uint64 // sent in all
	Missing      int    // packets that must arrive still
	Lies         int    // packets that may
	Superpackets int    // arrived
	Reordered    int    // packets that arrived after one that was sent later
}

type expected struct {
	flow, position int
	lies           bool
}

// NewArrivals returns one that expects nothing yet.
func NewArrivals(ethernet bool) *Arrivals {
	return &Arrivals{
		ethernet: ethernet, waiting: map[string][]expected{}, taken: map[string]bool{}, may: map[string]bool{}, sent: map[int]int{}, arrived: map[int]int{},
	}
}

// Expect is told of a frame before it is sent.
func (a *Arrivals) Expect(in Injection) {
	for _, packet := range in.Wire {
		a.Segments++
		a.sent[in.Flow]++
		key := Canonical(packet, a.ethernet)
		a.waiting[key] = append(a.waiting[key], expected{in.Flow, a.sent[in.Flow], in.Lies})
		if in.Lies {
			a.Lies++
		} else {
			a.Missing++
		}
	}
}

// Tolerate is told of a packet that may arrive, however often.
func (a *Arrivals) Tolerate(packet []byte) { a.may[Canonical(packet, a.ethernet)] = true }

// TolerateParts is told of a superpacket whose headers contradict it: what the kernel of a
// device makes of it, where it splits it, may arrive too. Parts are known by their payload.
func (a *Arrivals) TolerateParts(packet []byte) { a.parts = append(a.parts, slices.Clone(packet)) }

// tolerated says whether a packet that nobody expects may arrive.
func (a *Arrivals) tolerated(packet []byte) bool {
	const payload = 32 // bytes that no other packet ends with
	end := packet[max(0, len(packet)-payload):]
	return a.may[Canonical(packet, a.ethernet)] || slices.ContainsFunc(a.parts, func(whole []byte) bool { return bytes.Contains(whole, end) })
}

// Kind says what is wrong with a packet.
type Kind string

// The kinds.
const (
	Lost      Kind = "lost"
	Changed   Kind = "changed" // nobody sent it as it arrived
	Twice     Kind = "twice"
	Reordered Kind = "reordered"
)

// Finding is a packet with which something is wrong.
type Finding struct {
	Kind   Kind
	Packet []byte // as on a wire
	Why    string
}

func (f *Finding) Error() string {
	const shown = 100
	return fmt.Sprintf("%s: %s: % x (%d bytes)", f.Kind, f.Why, f.Packet[:min(len(f.Packet), shown)], len(f.Packet))
}

// Take is told of a frame that arrived. The error is a [*Finding], or several of them joined.
func (a *Arrivals) Take(frame []byte) error {
	var hdr offload.VnetHdr
	if err := hdr.Decode(frame); err != nil {
		return err
	}
	raw := frame[offload.VnetHdrLen:]
	if hdr.IsSuperpacket() {
		a.Superpackets++
		if a.takeLie(raw) {
			return nil
		}
	}
	packets, err := WirePackets(frame, a.ethernet)
	switch {
	case err != nil && a.takeLie(raw):
		return nil
	case err != nil:
		return &Finding{Changed, raw, fmt.Sprintf("it is %v, with %+v", err, hdr)}
	}
	var errs []error
	for i, packet := range packets {
		if finding := a.takePacket(packet); finding != nil {
			if hdr != (offload.VnetHdr{}) {
				finding.Why += fmt.Sprintf(" (packet %d of %d of what arrived with %+v)", i+1, len(packets), hdr)
			}
			errs = append(errs, finding)
		}
	}
	return errors.Join(errs...)
}

// takeLie takes a packet as it is, if one with lies in it was sent like this.
func (a *Arrivals) takeLie(packet []byte) bool {
	candidates := a.waiting[Canonical(packet, a.ethernet)]
	return a.may[Canonical(packet, a.ethernet)] || len(candidates) > 0 && candidates[0].lies && a.takePacket(packet) == nil
}

func (a *Arrivals) takePacket(packet []byte) *Finding {
	key := Canonical(packet, a.ethernet)
	candidates := a.waiting[key]
	switch {
	case len(candidates) == 0 && a.tolerated(packet):
		return nil
	case len(candidates) == 0 && a.taken[key]:
		return &Finding{Twice, packet, "it arrived more often than it was sent"}
	case len(candidates) == 0:
		return &Finding{Changed, packet, "nobody sent this"}
	}
	e := candidates[0]
	a.waiting[key], a.taken[key] = candidates[1:], true
	if e.lies {
		a.Lies--
		return nil
	}
	a.Missing--
	if e.flow == Unordered {
		return nil
	}
	if last := a.arrived[e.flow]; e.position <= last {
		a.Reordered++
		return &Finding{Reordered, packet, fmt.Sprintf("packet %d of flow %d arrived after packet %d", e.position, e.flow, last)}
	}
	a.arrived[e.flow] = e.position
	return nil
}

// Explain adds to a finding of a packet that changed which missing one it may have been: one
// of the same length that differs in a few bytes.
func (a *Arrivals) Explain(f *Finding) {
	const few = 8
	best, where := few+1, ""
	for missing, places := range a.waiting {
		if len(missing) != len(f.Packet) || len(places) == 0 || places[0].lies {
			continue
		}
		if n, text := differences(f.Packet, missing); n < best {
			best, where = n, text
		}
	}
	if f.Kind == Changed && best <= few {
		f.Why += "; a packet that is missing differs from it: " + where
	}
}

// differences counts the bytes that differ, and lists them.
func differences(got []byte, want string) (n int, text string) {
	var all []string
	for i := range got {
		if got[i] != want[i] {
			all = append(all, fmt.Sprintf("byte %d is %02x, not %02x", i, got[i], want[i]))
		}
	}
	return len(all), strings.Join(all, ", ")
}

// Lost describes up to three packets that did not arrive though they had to. The error has a
// [*Finding] for each.
func (a *Arrivals) Lost() error {
	if a.Missing == 0 {
		return nil
	}
	var errs []error
	for packet, places := range a.waiting {
		for _, e := range places {
			if !e.lies && len(errs) < 3 {
				why := fmt.Sprintf("packet %d of flow %d, one of %d that did not arrive", e.position, e.flow, a.Missing)
				errs = append(errs, &Finding{Lost, []byte(packet), why})
			}
		}
	}
	return errors.Join(errs...)
}
