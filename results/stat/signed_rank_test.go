package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// signedSeries is 1 to n with such signs that the negative ranks sum up to sum.
func signedSeries(n, sum int) []float64 {
	x := make([]float64, n)
	for i := n; i >= 1; i-- {
		x[i-1] = float64(i)
		if sum >= i {
			x[i-1], sum = -x[i-1], sum-i
		}
	}
	return x
}

// TestSignedRankTable: the largest sums that are significant, as tabulated by McCornack (1965), Extended tables of the Wilcoxon matched pair
// signed rank statistic.
func TestSignedRankTable(t *testing.T) {
	tests := []struct {
		level float64
		first int // number of values of the first sum
		sums  []int
	}{
		{0.05, 6, []int{0, 2, 3, 5, 8, 10, 13, 17, 21, 25, 29, 34, 40, 46, 52, 58, 65, 73, 81, 89}},
		{0.01, 8, []int{0, 1, 3, 5, 7, 9, 12, 15, 19, 23, 27, 32, 37, 42, 48, 54, 61, 68}},
	}
	for _, test := range tests {
		for i, sum := range test.sums {
			n := test.first + i
			if p := mustSignedRank(t, signedSeries(n, sum)); p > test.level {
				t.Errorf("%d values, sum %d: p = %v, above %v", n, sum, p, test.level)
			}
			if p := mustSignedRank(t, signedSeries(n, sum+1)); p <= test.level {
				t.Errorf("%d values, sum %d: p = %v, not above %v", n, sum+1, p, test.level)
			}
		}
	}
}

// TestSignedRankTailCounts: the number of sign patterns with a sum s up to n is that of the partitions of s into distinct parts (OEIS
// A000009).
func TestSignedRankTailCounts(t *testing.T) {
	partitions := []int{1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 32, 38, 46, 54, 64}
	const n = 20
	patterns := 0
	for sum, count := range partitions {
		patterns += count
		want := 2 * float64(patterns) / (1 << n)
		if p := mustSignedRank(t, signedSeries(n, sum)); p != want {
			t.Errorf("sum %d: p = %v, want %v", sum, p, want)
		}
	}
}

func mustSignedRank(t *testing.T, x []float64) float64 {
	t.Helper()
	p, err := SignedRank(x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSignedRankByEnumeration: all sign patterns of short series, with ties and zeros.
func TestSignedRankByEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		x := make([]float64, 1+random.IntN(10))
		for i := range x {
			x[i] = float64(random.IntN(9) - 4)
		}
		if got, want := mustSignedRank(t, x), signedRankByEnumeration(x); !near(got, want) {
			t.Fatalf("%v: p = %v, want %v", x, got, want)
		}
	}
}

// signedRankByEnumeration counts the sign patterns whose sum is at least as far from the middle as that of x.
func signedRankByEnumeration(x []float64) float64 {
	// sum is positive minus negative ranks: half of those with smaller magnitude, and so on, counted pair by pair.
	sum := func(x []float64) (s float64) {
		for _, v := range x {
			rank := 0.5
			for _, w := range x {
				switch {
				case math.Abs(w) < math.Abs(v):
					rank++
				case math.Abs(w) == math.Abs(v):
					rank += 0.5
				}
			}
			switch {
			case v > 0:
				s += rank
			case v < 0:
				s -= rank
			}
		}
		return s
	}
	far := 0
	flipped := make([]float64, len(x))
	for pattern := range 1 << len(x) {
		for i, v := range x {
			flipped[i] = v
			if pattern&(1<<i) != 0 {
				flipped[i] = -v
			}
		}
		if math.Abs(sum(flipped)) >= math.Abs(sum(x)) {
			far++
		}
	}
	return float64(far) / float64(int(1)<<len(x))
}

// TestSignedRankNormalTail: where the normal approximation takes over, it is as near to the exact distribution as documented.
func TestSignedRankNormalTail(t *testing.T) {
	null := untiedSignedRanks(exactSignedRanks + 1)
	exact := null.exactTails(null.total / 2)
	var worst float64
	for s := 0; s < len(exact); s += 2 {
		worst = max(worst, 2*math.Abs(exact[s]-null.normalTail(s)))
	}
	if worst > 0.0004 {
		t.Errorf("the two-sided p-value is off by up to %v", worst)
	}
	if p := mustSignedRank(t, signedSeries(exactSignedRanks+1, null.total/4)); p < 0.99 || p > 1 {
		t.Errorf("a sum in the middle: p = %v", p)
	}
}

// hamilton is the change of Hamilton's depression factor IV under treatment in nine patients: Hollander, Wolfe and Chicken (2014), table 3.1.
var hamilton = []float64{
	0.878 - 1.83, 0.647 - 0.50, 0.598 - 1.62, 2.05 - 2.48, 1.06 - 1.68, 1.29 - 1.88, 1.06 - 1.55, 3.14 - 3.06, 1.29 - 1.30,
}

// TestPublishedExample: examples 3.1, 3.3 and 3.4 of the book.
func TestPublishedExample(t *testing.T) {
	if p := mustSignedRank(t, hamilton); !near(p, 2*0.01953125) {
		t.Errorf("p = %v", p)
	}
	interval, err := SignedRankInterval(hamilton, 0.96)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(interval.Center+0.46) > 1e-9 || math.Abs(interval.Low+0.786) > 1e-9 || math.Abs(interval.High+0.010) > 1e-9 ||
		math.Abs(interval.Confidence-0.961) > 1e-3 {
		t.Errorf("interval %+v, want -0.46 (-0.786, -0.010) at 0.961", interval)
	}
}

// TestSignedRankIntervalInvertsTheTest: the interval is the centres that the test does not reject.
func TestSignedRankIntervalInvertsTheTest(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	for _, confidence := range []float64{0.5, 0.8, 0.9, 0.95, 0.99} {
		for n := valuesFor(confidence); n < 30; n++ {
			x := symmetric[0].series(random, n, 1)
			interval, err := SignedRankInterval(x, confidence)
			if err != nil {
				t.Fatal(err)
			}
			if interval.Confidence < confidence || interval.Center < interval.Low || interval.Center > interval.High {
				t.Errorf("%d values: %+v for %v", n, interval, confidence)
			}
			for _, inside := range []float64{interval.Low + 1e-9, interval.High - 1e-9} {
				if p := mustSignedRank(t, minus(x, inside)); p <= 1-confidence {
					t.Errorf("%d values: p = %v just inside %+v", n, p, interval)
				}
			}
			for _, outside := range []float64{interval.Low - 1e-9, interval.High + 1e-9} {
				if p := mustSignedRank(t, minus(x, outside)); p > 1-confidence {
					t.Errorf("%d values: p = %v just outside %+v", n, p, interval)
				}
			}
		}
	}
}

// minus is every value less by c.
func minus(x []float64, c float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] -= c
	}
	return y
}
