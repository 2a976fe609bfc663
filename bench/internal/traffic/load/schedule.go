package load

import (
	"math"
	"time"
)

// Schedule says when packets are due: packet k at k × interval after the start.
// It is open loop: nothing that happens to a packet moves another.
type Schedule struct {
	interval float64 // ns between packets
}

// NewSchedule returns the schedule of a rate in packets per second.
func NewSchedule(packetsPerSecond float64) Schedule {
	return Schedule{interval: float64(time.Second) / packetsPerSecond}
}

// At returns when packet k is due, in ns after the start.
func (s Schedule) At(k int64) int64 { return int64(float64(k) * s.interval) }

// DueBy returns how many packets are due at elapsed ns after the start.
func (s Schedule) DueBy(elapsed int64) int64 {
	if elapsed < 0 {
		return 0
	}
	// The quotient can be one off where the product in At was rounded.
	k := int64(float64(elapsed)/s.interval) + 1
	for k > 0 && s.At(k-1) > elapsed {
		k--
	}
	for s.At(k) <= elapsed {
		k++
	}
	return k
}

// Total returns how many packets make the rate over d, to the nearest.
func (s Schedule) Total(d time.Duration) int64 {
	return int64(math.Round(float64(d) / s.interval))
}

// Cut returns how many packets are due in d if there are at most limit, 0 meaning
// any number, and the time they are spread over.
func (s Schedule) Cut(d time.Duration, limit uint64) (packets int64, spread time.Duration) {
	packets = s.Total(d)
	if limit == 0 || uint64(packets) <= limit {
		return packets, d
	}
	return int64(limit), time.Duration(s.At(int64(limit)))
}

// FixedPoint returns the interval in ns and the rest in 2^-64 ns, exactly.
func (s Schedule) FixedPoint() (ns, rest uint64) {
	whole, fraction := math.Modf(s.interval)
	return uint64(whole), uint64(math.Ldexp(fraction, 64))
}
