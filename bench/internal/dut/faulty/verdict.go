package faulty

import "time"

// verdict is what is to happen to one packet.
type verdict struct {
	number                      uint64 // of the packet; not judge's
	drop, duplicate, swap, flip bool

	delay time.Duration
	stall time.Duration // the way stops when this packet was read
}

// judge returns the verdict on packet number n, the first of which is 1.
func (f *Faults) judge(n uint64) verdict {
	var v verdict
	if n == uint64(f.Stall.After)+1 {
		v.stall = f.Stall.For
	}
	if each(f.DropEvery, n) || f.DropBurst.covers(n) {
		v.drop = true
		return v
	}
	v.duplicate = each(f.DuplicateEvery, n)
	v.swap = each(f.SwapEvery, n)
	v.flip = each(f.FlipEvery, n)
	v.delay = f.Delay
	if each(f.DelayEvery.Every, n) {
		v.delay += f.DelayEvery.By
	}
	return v
}

func each(every int, n uint64) bool { return every > 0 && n%uint64(every) == 0 }

// covers says whether packet n is among the last Length of Every.
func (b Burst) covers(n uint64) bool {
	return b.Every > 0 && (n-1)%uint64(b.Every) >= uint64(b.Every-b.Length)
}
