package traffic

import (
	"math"
	"time"
)

// schedule says when packets are due: packet k at k × interval after the start.
// It is open loop: nothing that happens to a packet moves another.
type schedule struct {
	interval float64 // ns between packets
}

func newSchedule(packetsPerSecond float64) schedule {
	return schedule{interval: float64(time.Second) / packetsPerSecond}
}

// at returns when packet k is due, in ns after the start.
func (s schedule) at(k int64) int64 { return int64(float64(k) * s.interval) }

// dueBy returns how many packets are due at elapsed ns after the start.
func (s schedule) dueBy(elapsed int64) int64 {
	if elapsed < 0 {
		return 0
	}
	// The quotient can be one off where the product in at was rounded.
	k := int64(float64(elapsed)/s.interval) + 1
	for k > 0 && s.at(k-1) > elapsed {
		k--
	}
	for s.at(k) <= elapsed {
		k++
	}
	return k
}

// total returns how many packets make the rate over d, to the nearest.
func (s schedule) total(d time.Duration) int64 {
	return int64(math.Round(float64(d) / s.interval))
}

// cut returns how many packets are due in d if there are at most limit, 0 meaning
// any number, and the time they are spread over.
func (s schedule) cut(d time.Duration, limit uint64) (packets int64, spread time.Duration) {
	packets = s.total(d)
	if limit == 0 || uint64(packets) <= limit {
		return packets, d
	}
	return int64(limit), time.Duration(s.at(int64(limit)))
}

// fixedPoint returns the interval in ns and the rest in 2^-64 ns, exactly.
func (s schedule) fixedPoint() (ns, rest uint64) {
	whole, fraction := math.Modf(s.interval)
	return uint64(whole), uint64(math.Ldexp(fraction, 64))
}
