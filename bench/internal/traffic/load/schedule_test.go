package load

import (
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"
)

func TestScheduleTotal(t *testing.T) {
	for _, c := range []struct {
		pps  float64
		d    time.Duration
		want int64
	}{
		{50_000, time.Second / 2, 25_000},
		{3, time.Second, 3},
		{333_333, 3 * time.Second, 999_999},
		{1e9, time.Second, 1_000_000_000},
		{0.5, 10 * time.Second, 5},
	} {
		if got := NewSchedule(c.pps).Total(c.d); got != c.want {
			t.Errorf("%v pps for %v: %d packets, want %d", c.pps, c.d, got, c.want)
		}
	}
}

func TestScheduleDueBy(t *testing.T) {
	s := NewSchedule(1000)
	for elapsed, want := range map[int64]int64{-1: 0, 0: 1, 999_999: 1, 1_000_000: 2, 1_000_001: 2} {
		if got := s.DueBy(elapsed); got != want {
			t.Errorf("after %d ns: %d due, want %d", elapsed, got, want)
		}
	}
}

// The two directions of the schedule must agree on every packet, also where the
// interval is no whole number and after hours.
func TestScheduleInverse(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		s := NewSchedule(1 + rnd.Float64()*5e6)
		k := rnd.Int64N(1 << 34)
		at := s.At(k)
		if got := s.DueBy(at); got <= k {
			t.Fatalf("interval %v: packet %d is due at %d, but dueBy says %d", s.interval, k, at, got)
		}
		if got := s.DueBy(at - 1); got > k {
			t.Fatalf("interval %v: packet %d is due at %d, but dueBy said %d before", s.interval, k, at, got)
		}
	}
}

func TestScheduleCut(t *testing.T) {
	s := NewSchedule(1000)
	for _, c := range []struct {
		limit   uint64
		packets int64
		spread  time.Duration
	}{
		{0, 2000, 2 * time.Second},
		{2000, 2000, 2 * time.Second},
		{500, 500, time.Second / 2},
		{1, 1, time.Millisecond},
		{1 << 63, 2000, 2 * time.Second},
	} {
		packets, spread := s.Cut(2*time.Second, c.limit)
		if packets != c.packets || spread != c.spread {
			t.Errorf("limit %d: %d packets in %v, want %d in %v", c.limit, packets, spread, c.packets, c.spread)
		}
	}
}

// The sum of intervals that an in-kernel generator adds up must not drift from the
// product: not by a nanosecond after a day.
func TestScheduleFixedPoint(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		s := NewSchedule(1 + rnd.Float64()*5e6)
		ns, rest := s.FixedPoint()
		k := int64(float64(24*time.Hour) / s.interval)
		carry, _ := bits.Mul64(rest, uint64(k))
		if got, want := k*int64(ns)+int64(carry), s.At(k); got-want > 1 || want-got > 1 {
			t.Fatalf("interval %v: packet %d is due at %d, want %d", s.interval, k, got, want)
		}
	}
}
