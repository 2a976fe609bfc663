package stat

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aclements/go-moremath/stats"
)

// Worked by hand: ranks and their products.
func TestRankTrend(t *testing.T) {
	tests := []struct {
		name string
		x    []float64
		want float64
	}{
		{"grows", []float64{1, 2, 30, 400}, 1},
		{"falls", []float64{9, 8, 8e-3, -7}, -1},
		{"constant", []float64{5, 5, 5}, 0},
		// Differences of the ranks 1 3 2 4 5 from 1 2 3 4 5: 1 - 6*2/(5*24).
		{"two swapped", []float64{10, 30, 20, 40, 50}, 0.9},
		// Ranks 1.5 1.5 3 4: covariance 4.5, squares 5 and 4.5: 4.5/sqrt(22.5).
		{"a tie", []float64{7, 7, 8, 9}, 0.9486832980505138},
		// Ranks 2.5 2.5 2.5 5 2.5: covariance 2.5, squares 10 and 5: 2.5/sqrt(50).
		{"one in five", []float64{1, 1, 1, 2, 1}, 0.35355339059327373},
	}
	for _, test := range tests {
		rho, p, err := RankTrend(test.x)
		if err != nil || !near(rho, test.want) {
			t.Errorf("%s: %v, %v; want %v", test.name, rho, err, test.want)
		}
		if want := correlationByEnumeration([]float64{1, 2, 3, 4, 5}[:len(test.x)], test.x); !near(p, want) {
			t.Errorf("%s: p = %v, want %v", test.name, p, want)
		}
	}
}

// TestRankTrendTable: the smallest correlations that are significant on two sides, of the table of Zar (1972), Significance testing of the
// Spearman rank correlation coefficient.
func TestRankTrendTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		n     int
		level float64
		rho   float64
	}{
		{5, 0.05, 1},
		{6, 0.05, 0.886},
		{7, 0.05, 0.786},
		{8, 0.05, 0.738},
		{9, 0.05, 0.700},
		{6, 0.01, 1},
		{7, 0.01, 0.929},
		{8, 0.01, 0.881},
		{9, 0.01, 0.833},
	}
	for _, test := range tests {
		seen := map[float64]float64{} // p by rho, of random orders
		random := rand.New(rand.NewPCG(8, 8))
		x := make([]float64, test.n)
		for i := range x {
			x[i] = float64(i)
		}
		for range 60 {
			rho, p, err := RankTrend(x)
			if err != nil {
				t.Fatal(err)
			}
			seen[rho] = p
			i, j := random.IntN(test.n), random.IntN(test.n)
			x[i], x[j] = x[j], x[i]
			if rho < test.rho-0.3 { // back to where it is significant
				slices.Sort(x)
			}
		}
		for rho, p := range seen {
			if (p <= test.level) != (math.Abs(rho) > test.rho-0.0005) {
				t.Errorf("%d values, rho %.4f: p = %v, but the limit at %v is %v", test.n, rho, p, test.level, test.rho)
			}
		}
	}
}

func TestRankCorrelationByEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	for range 100 {
		n := 3 + random.IntN(5)
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = float64(random.IntN(6)), float64(random.IntN(8))
		}
		_, p, err := RankCorrelation(x, y)
		if err != nil {
			t.Fatal(err)
		}
		if want := correlationByEnumeration(x, y); !near(p, want) {
			t.Fatalf("%v, %v: p = %v, want %v", x, y, p, want)
		}
	}
}

// correlationByEnumeration is the share of all orders of y whose rank correlation with x is at least as strong.
func correlationByEnumeration(x, y []float64) float64 {
	// halfRanks is how many values lie below each, less how many above: ranks about their mean.
	halfRanks := func(x []float64) []float64 {
		ranks := make([]float64, len(x))
		for i, v := range x {
			for _, w := range x {
				ranks[i] += float64(cmp.Compare(v, w))
			}
		}
		return ranks
	}
	a, b := halfRanks(x), halfRanks(y)
	var observed float64
	for i := range a {
		observed += a[i] * b[i]
	}
	far, all := 0, 0
	var permute func(i int, sum float64)
	permute = func(i int, sum float64) {
		if i == len(b) {
			all++
			if math.Abs(sum) >= math.Abs(observed) {
				far++
			}
			return
		}
		for j := i; j < len(b); j++ {
			b[i], b[j] = b[j], b[i]
			permute(i+1, sum+a[i]*b[i])
			b[i], b[j] = b[j], b[i]
		}
	}
	permute(0, 0)
	return float64(far) / float64(all)
}

// TestRankTrendBeyondTable: where the normal approximation takes over it calls a strong trend no less likely than it is, and not by much
// more.
func TestRankTrendBeyondTable(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 10))
	for range 20 {
		x := make([]float64, exactCorrelation+1+random.IntN(2))
		for i := range x {
			x[i] = float64(i) + random.NormFloat64()*4
		}
		rho, p, err := RankTrend(x)
		if err != nil {
			t.Fatal(err)
		}
		ranks, err := doubledRanks(x)
		if err != nil {
			t.Fatal(err)
		}
		positions := make([]int, len(x))
		for i := range positions {
			positions[i] = 2 * (i + 1)
		}
		if exact := permutedRanks(positions, ranks); exact < 0.05 && (p < exact || p > exact+0.015) {
			t.Errorf("%d values, rho %v: p = %v, exactly %v", len(x), rho, p, exact)
		}
	}
	long := symmetric[0].series(random, 101, 0)
	rho, p, err := RankTrend(long)
	if want := 2 * stats.StdNormal.CDF(-10*math.Abs(rho)); err != nil || !near(p, want) {
		t.Errorf("101 values, rho %v: p = %v, %v; want %v", rho, p, err, want)
	}
}
