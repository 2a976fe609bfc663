package faulty

import (
	"fmt"
	"time"
)

// Faults is what happens to the packets that go from A to B. The zero value forwards
// everything. Those counted for faults have the numbers 1, 2, 3…; "each n-th" are
// the numbers that n divides, 0 is none. What happens to a dropped packet does not
// happen to the others: it is no successor and has no other fault.
type Faults struct {
	// MatchPort counts only UDP packets to that port; 0 counts all packets. Those
	// that do not count are forwarded untouched and at once.
	MatchPort uint16
	// Skip leaves that many alone that would count, before number 1.
	Skip int
	// AwaitArm leaves all alone until Kind.Arm is called.
	AwaitArm bool

	DropEvery int   // drops each n-th
	DropBurst Burst // drops several in a row
	Silent    bool  // keeps drops out of Running.Counters, so that nobody accounts for them

	Delay      time.Duration // holds all back
	DelayEvery DelayEvery    // holds some back longer

	DuplicateEvery int // writes each n-th twice
	// SwapEvery lets each n-th change places with its successor, the next packet that
	// is forwarded; a successor that is an n-th itself stays where it is. A packet
	// whose successor does not come within 10 ms is forwarded and not counted.
	SwapEvery int

	FlipEvery int // inverts the byte FlipAt of each n-th
	// FlipAt counts from the start of the UDP payload, whose first bytes are the
	// stamp, or if negative from the end of the packet, -1 being its last byte: with
	// minus the packet's length the first byte of all. A packet too short for it, or
	// not UDP where it counts in the payload, is left whole and not counted.
	FlipAt int

	Stall Stall
}

// Burst is the last Length of each Every packets.
type Burst struct{ Every, Length int }

// DelayEvery holds each Every-th packet back By longer than the others, which
// overtake it.
type DelayEvery struct {
	Every int
	By    time.Duration
}

// Stall stops the way from A to B once, when packet After+1 was read, which is the
// first to wait: nothing is read or written for that time.
type Stall struct {
	After int
	For   time.Duration
}

// Counts is what was done, to the packet. Packets that are not counted for faults
// are in none of them.
type Counts struct {
	Read       uint64 // counted for faults
	Dropped    uint64
	Duplicated uint64 // each wrote one packet more
	Swapped    uint64 // pairs
	Flipped    uint64
	Delayed    uint64 // held back, for Delay or longer
	Overtaken  uint64 // left after a packet that was read later; of duplicates the first counts
}

// check returns an error for what cannot be ordered.
func (f *Faults) check() error {
	for name, n := range map[string]int{
		"Skip": f.Skip, "DropEvery": f.DropEvery, "DropBurst.Every": f.DropBurst.Every,
		"DropBurst.Length": f.DropBurst.Length, "DelayEvery.Every": f.DelayEvery.Every,
		"DuplicateEvery": f.DuplicateEvery, "SwapEvery": f.SwapEvery, "FlipEvery": f.FlipEvery,
		"Delay": int(f.Delay), "DelayEvery.By": int(f.DelayEvery.By),
		"Stall.After": f.Stall.After, "Stall.For": int(f.Stall.For),
	} {
		if n < 0 {
			return fmt.Errorf("fault %s %d: want 0 or more", name, n)
		}
	}
	if f.DropBurst.Length > f.DropBurst.Every {
		return fmt.Errorf("fault DropBurst %+v: want at most Every dropped", f.DropBurst)
	}
	return nil
}
