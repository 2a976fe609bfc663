package search

import (
	"math"
	"testing"
)

// Loads in these tests are powers of the width ratio, so that a load can be named by
// how many widths it is above the minimum.
func widths(s strategy, n float64) float64 { return s.min * math.Exp(n*s.unit()) }

func TestNextLoad(t *testing.T) {
	s := strategy{min: 1000, width: 0.01}
	s.max = widths(s, 500)
	at := func(n float64) float64 { return widths(s, n) }
	none := math.Inf(1)
	for _, tc := range []struct {
		name            string
		known, believed bounds
		want            float64 // in widths above the minimum
	}{
		{"believed interval of two widths: its middle first", bounds{0, none}, bounds{at(100), at(102)}, 101},
		{"narrow believed interval: the lower end first", bounds{0, none}, bounds{at(100), at(101)}, 100},
		{"lower end confirmed, then the upper", bounds{at(100), none}, bounds{at(100), at(101)}, 101},
		{"upper end confirmed, then the lower", bounds{0, at(101)}, bounds{at(100), at(101)}, 100},
		{"lower end lost: three times the distance below", bounds{0, at(100)}, bounds{at(100), at(102)}, 94},
		{"and again", bounds{0, at(94)}, bounds{at(100), at(102)}, 70},
		{"upper end lost: three times the distance above", bounds{at(102), none}, bounds{at(100), at(102)}, 108},
		{"lost, but a bound is known nearer: split", bounds{at(96), at(100)}, bounds{at(100), at(102)}, 98},
		{"lost, the other bound far away: step, do not split", bounds{at(10), at(100)}, bounds{at(100), at(102)}, 94},
		{"no step beyond the minimum", bounds{0, at(7)}, bounds{at(7), at(12)}, 0},
		{"nor nearer to it than a width", bounds{0, at(6.5)}, bounds{at(6.5), at(8.5)}, 0},
		{"no step beyond the maximum", bounds{at(499), none}, bounds{at(497), at(499)}, 500},
		{"believed nothing below the minimum: confirm it", bounds{0, none}, bounds{0, at(0)}, 0},
		{"believed nothing above the maximum: confirm it", bounds{0, none}, bounds{at(500), none}, 500},
		{"the minimum turned out well: upward", bounds{at(0), none}, bounds{0, at(0)}, 3},
		{"the maximum turned out badly: downward", bounds{0, at(500)}, bounds{at(500), none}, 497},
		{"contradicted on both sides: what is known counts", bounds{at(100), at(108)}, bounds{at(90), at(120)}, 104},
		{"seven widths: a part of four", bounds{at(100), at(107)}, bounds{at(90), at(120)}, 104},
		{"three widths: a part of two, none to halve twice", bounds{at(100), at(103)}, bounds{at(90), at(120)}, 102},
		{"one and a half: the middle", bounds{at(100), at(101.5)}, bounds{at(90), at(120)}, 100.75},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if s.done(tc.known) {
				t.Fatal("done before it began")
			}
			got := math.Log(s.next(tc.known, tc.believed)/s.min) / s.unit()
			if math.Abs(got-tc.want) > 1e-6 {
				t.Errorf("next load is %.3f widths above the minimum, want %v", got, tc.want)
			}
		})
	}
}

func TestDone(t *testing.T) {
	s := strategy{min: 1000, max: 9000, width: 0.01}
	none := math.Inf(1)
	for _, tc := range []struct {
		name  string
		known bounds
		want  bool
	}{
		{"nothing known", bounds{0, none}, false},
		{"no upper bound yet", bounds{5000, none}, false},
		{"no lower bound yet", bounds{0, 5000}, false},
		{"wider than the goal", bounds{4949, 5000}, false},
		{"as wide as the goal", bounds{4950, 5000}, true},
		{"loss at the minimum", bounds{0, 1000}, true},
		{"none at the maximum", bounds{9000, none}, true},
	} {
		if got := s.done(tc.known); got != tc.want {
			t.Errorf("%s: done is %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestSplitEnds: halving any interval reaches the width in as many steps as it has
// halvings, whichever part is kept, and always strictly inside.
func TestSplitEnds(t *testing.T) {
	rng := newRand(3)
	for range 3000 {
		s := strategy{min: 1, max: 1e9, width: 0.001 + 0.3*rng.Float64()}
		b := bounds{lower: 10, upper: 10 * math.Exp(8*rng.Float64())}
		limit := 1 + int(math.Ceil(math.Log2(max(1, math.Log(b.upper/b.lower)/s.unit()))))
		for n := 0; b.width() > s.width; n++ {
			if n > limit {
				t.Fatalf("more than %d halvings at width %v, left %v", limit, s.width, b)
			}
			load := s.split(b)
			if load <= b.lower || load >= b.upper {
				t.Fatalf("split of %v at %v", b, load)
			}
			if rng.IntN(2) == 0 {
				b.lower = load
			} else {
				b.upper = load
			}
		}
	}
}
