package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
)

// samplesOf is two samples without ties of which a value of a exceeds one of b in u of the pairs.
func samplesOf(na, nb, u int) (a, b []float64) {
	for i := range na {
		above := min(u, nb)
		u -= above
		a = append(a, float64(above)+0.5+float64(i)/100)
	}
	for j := range nb {
		b = append(b, float64(j+1))
	}
	return a, b
}

// TestMannWhitneyTable: the largest U that is significant at 0.05 on two sides, as tabulated by Milton (1964), An extended table of critical
// values for the Mann–Whitney (Wilcoxon) two-sample statistic.
func TestMannWhitneyTable(t *testing.T) {
	tests := []struct{ na, nb, u int }{
		{4, 4, 0}, {5, 5, 2}, {6, 6, 5}, {7, 7, 8}, {8, 8, 13}, {9, 9, 17}, {10, 10, 23}, {15, 15, 64}, {20, 20, 127}, {5, 10, 8}, {8, 20, 41},
	}
	for _, test := range tests {
		for _, significant := range []bool{true, false} {
			u := test.u
			if !significant {
				u++
			}
			p, err := MannWhitney(samplesOf(test.na, test.nb, u))
			if err != nil || (p <= 0.05) != significant {
				t.Errorf("%d and %d values, U = %d: p = %v, %v", test.na, test.nb, u, p, err)
			}
		}
	}
}

// TestMannWhitneyByEnumeration: all ways to draw the one sample from the values of both, with ties where the sizes are equal.
func TestMannWhitneyByEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for k := range 200 {
		na, nb := 1+random.IntN(5), 1+random.IntN(5)
		levels := 1000
		if k%2 == 1 {
			nb, levels = na, 4
		}
		values := random.Perm(1000)
		a, b := make([]float64, na), make([]float64, nb)
		for i := range a {
			a[i] = float64(values[i] % levels)
		}
		for i := range b {
			b[i] = float64(values[na+i] % levels)
		}
		got, err := MannWhitney(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if want := mannWhitneyByEnumeration(a, b); !near(got, want) {
			t.Fatalf("%v, %v: p = %v, want %v", a, b, got, want)
		}
	}
}

func mannWhitneyByEnumeration(a, b []float64) float64 {
	all := slices.Concat(a, b)
	middle := float64(len(a)*len(b)) / 2
	// distance is that of U from its middle, when the set of values is the first sample.
	distance := func(set int) (d float64, size int) {
		u := 0.0
		for i, v := range all {
			if set&(1<<i) == 0 {
				continue
			}
			size++
			for j, w := range all {
				if set&(1<<j) != 0 {
					continue
				}
				switch {
				case v > w:
					u++
				case v == w:
					u += 0.5
				}
			}
		}
		return math.Abs(u - middle), size
	}
	observed, _ := distance(1<<len(a) - 1)
	far, ways := 0, 0
	for set := range 1 << len(all) {
		if d, size := distance(set); size == len(a) {
			ways++
			if d >= observed {
				far++
			}
		}
	}
	return float64(far) / float64(ways)
}

// TestUnpairedAsBenchstat: the verdict on two files is benchstat's, ties and long samples included.
func TestUnpairedAsBenchstat(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	for _, d := range append(skewed, symmetric...) {
		for _, n := range []int{1, 2, 5, 6, 10, 26, 31, 51, 120} {
			a, b := d.series(random, n, 0), d.series(random, n+n/3, 0.4)
			p, err := MannWhitney(a, b)
			if err != nil {
				t.Fatal(err)
			}
			sampleA := benchmath.NewSample(slices.Clone(a), &benchmath.DefaultThresholds)
			sampleB := benchmath.NewSample(slices.Clone(b), &benchmath.DefaultThresholds)
			if want := min(benchmath.AssumeNothing.Compare(sampleA, sampleB).P, 1); p != want {
				t.Errorf("%s, %d values: p = %v, benchstat has %v", d.name, n, p, want)
			}
			summary := benchmath.AssumeNothing.Summary(sampleA, 0.95)
			interval, err := MedianInterval(a, 0.95)
			if err == nil && interval != (Interval{summary.Center, summary.Lo, summary.Hi, summary.Confidence}) {
				t.Errorf("%s, %d values: %+v, benchstat has %+v", d.name, n, interval, summary)
			}
			if (err == nil) != (n >= 6) {
				t.Errorf("%s, %d values: %v", d.name, n, err)
			}
		}
	}
}

// TestMedianIntervalByBinomial: the confidence is the probability that as many values lie below the median as the ends allow.
func TestMedianIntervalByBinomial(t *testing.T) {
	for _, confidence := range []float64{0.8, 0.95, 0.99} {
		for n := valuesFor(confidence); n <= 200; n++ {
			interval, err := MedianInterval(signedSeries(n, 0), confidence) // 1 to n
			if err != nil {
				t.Fatal(err)
			}
			binomial := stats.BinomialDist{N: n, P: 0.5}
			exact := binomial.CDF(interval.High-1) - binomial.CDF(interval.Low-1)
			if interval.Confidence < confidence || math.Abs(interval.Confidence-exact) > 0.002 || n <= 30 && !near(interval.Confidence, exact) {
				t.Errorf("%v of %d values: %+v, exactly %v", confidence, n, interval, exact)
			}
		}
	}
}

// TestUnpairedKeepsOrder: benchmath sorts samples in place, the caller's stay as they are.
func TestUnpairedKeepsOrder(t *testing.T) {
	a, b := []float64{3, 1, 2, 9, 7, 8}, []float64{5, 4}
	if _, err := MannWhitney(a, b); err != nil {
		t.Fatal(err)
	}
	if _, err := MedianInterval(a, 0.9); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a, []float64{3, 1, 2, 9, 7, 8}) || !slices.Equal(b, []float64{5, 4}) {
		t.Errorf("now %v and %v", a, b)
	}
}
