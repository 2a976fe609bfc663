package stat

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveDivergence is Q̂ as the paper has it, equations 5 and 6, pair by pair.
func naiveDivergence(x, y []float64) float64 {
	var between, left, right float64
	for _, a := range x {
		for _, b := range y {
			between += math.Abs(a - b)
		}
	}
	within := func(z []float64) (sum float64) {
		for i := range z {
			for k := i + 1; k < len(z); k++ {
				sum += math.Abs(z[i] - z[k])
			}
		}
		return sum
	}
	m, n := float64(len(x)), float64(len(y))
	left, right = within(x)/(m*(m-1)/2), within(y)/(n*(n-1)/2)
	return m * n / (m + n) * (2/(m*n)*between - left - right)
}

func TestDivergence(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, 17)
	for i := range x {
		x[i] = random.NormFloat64() * 100
	}
	e := newEnergy(x)
	best, bestAt := math.Inf(-1), 0
	for from := range x {
		for at := from + 2; at < len(x); at++ {
			for to := at + 2; to <= len(x); to++ {
				got, want := e.divergence(from, at, to), naiveDivergence(x[from:at], x[at:to])
				if math.Abs(got-want) > 1e-9*math.Abs(want)+1e-9 {
					t.Fatalf("divergence(%d, %d, %d) is %v, want %v", from, at, to, got, want)
				}
				if from == 3 && at-from >= 3 && to-at >= 3 && to <= 15 && want > best {
					best, bestAt = want, at
				}
			}
		}
	}
	if at, d, ok := e.split(3, 15, 3); !ok || at != bestAt || math.Abs(d-best) > 1e-9 {
		t.Errorf("split at %d with %v, want %d with %v", at, d, bestAt, best)
	}
	if _, _, ok := e.split(3, 8, 3); ok {
		t.Error("five values were split in two of three")
	}
}

func TestWhitenAndColor(t *testing.T) {
	x := []float64{3, 1, 4, 1, 5, 9, 2, 6}
	got := make([]float64, len(x))
	color(got, whiten(x, 0.6), 0.6)
	for i := range x {
		if want := x[i] - 31.0/8; math.Abs(got[i]-want) > 1e-9 {
			t.Errorf("value %d is %v, want %v", i, got[i], want)
		}
	}
}

// placesOf is where the changes are.
func placesOf(t testing.TB, x []float64, significance float64) []int {
	t.Helper()
	points, err := ChangePoints(x, significance)
	if err != nil {
		t.Fatal(err)
	}
	var places []int
	for _, p := range points {
		if p.PValue > significance || p.PValue <= 0 {
			t.Errorf("p of %v", p)
		}
		places = append(places, p.At)
	}
	return places
}

func TestChangePoints(t *testing.T) {
	steps := func(levels ...float64) (x []float64) {
		for i, level := range levels {
			for k := range 10 {
				x = append(x, level+0.01*float64((k*7+i)%5))
			}
		}
		return x
	}
	for name, test := range map[string]struct {
		x    []float64
		want []int
	}{
		"none":            {steps(1, 1, 1), nil},
		"constant":        {slices.Repeat([]float64{3}, 20), nil},
		"one":             {steps(1, 2), []int{10}},
		"two":             {steps(1, 2, 1.5), []int{10, 20}},
		"comes and goes":  {steps(1, 1, 2, 1, 1), []int{20, 30}},
		"in the last few": {append(steps(1, 1, 1), 2, 2.01, 2.02), []int{30}},
		"an outlier":      {append(append(steps(1, 1), 5), steps(1)...), nil},
		"large values":    {[]float64{1e150, 1e150, 1e150, -1e150, -1e150, -1e150}, nil},
	} {
		if got := placesOf(t, test.x, 0.01); !slices.Equal(got, test.want) {
			t.Errorf("%s: changes at %v, want %v", name, got, test.want)
		}
	}
}

// TestChangePointsRepeat: the same values have the same changes, and are left as they are.
func TestChangePointsRepeat(t *testing.T) {
	x := withChange(noisy("follows", 40, rand.New(rand.NewPCG(5, 5))), 17)
	before := slices.Clone(x)
	first, err := ChangePoints(x, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ChangePoints(x, 0.05)
	if err != nil || !slices.Equal(first, second) || !slices.Equal(x, before) {
		t.Errorf("%v, then %v, %v", first, second, err)
	}
}

func TestChangePointsErrors(t *testing.T) {
	for name, test := range map[string]struct {
		x            []float64
		significance float64
		want         error
	}{
		"few":  {[]float64{1, 2, 3, 4, 5}, 0.01, ErrTooFew},
		"NaN":  {[]float64{1, 2, 3, 4, 5, math.NaN()}, 0.01, ErrNotFinite},
		"0":    {make([]float64, 9), 0, ErrLevel},
		"1":    {make([]float64, 9), 1, ErrLevel},
		"none": {make([]float64, 9), math.NaN(), ErrLevel},
	} {
		if _, err := ChangePoints(test.x, test.significance); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// noisy is the logarithm of a figure over n runs: 1.5 % apart, or following one another, or of a machine with two states.
func noisy(kind string, n int, random *rand.Rand) []float64 {
	const spread = 0.015
	x := make([]float64, n)
	last := spread * random.NormFloat64()
	for i := range x {
		switch kind {
		case "apart":
			x[i] = spread * random.NormFloat64()
		case "follows": // each resembles the one before by a half
			last = 0.5*last + spread*math.Sqrt(0.75)*random.NormFloat64()
			x[i] = last
		case "two states": // 6 % from each other, two runs in five in the slower one
			x[i] = spread * random.NormFloat64()
			if random.Float64() < 0.4 {
				x[i] -= 0.06
			}
		}
	}
	return x
}

// withChange is the series with 5 % less from a place on.
func withChange(x []float64, at int) []float64 {
	x = slices.Clone(x)
	for i := at; i < len(x); i++ {
		x[i] += math.Log(0.95)
	}
	return x
}

// rates simulates what history promises of 60 runs: how many series without a change raise an alarm, and in how many a change of 5 % is found within two runs of its place.
func rates(t testing.TB, kind string, series int) (alarms, found int) {
	for i := range series {
		random := rand.New(rand.NewPCG(uint64(i), 99))
		x := noisy(kind, 60, random)
		if len(placesOf(t, x, 0.01)) > 0 {
			alarms++
		}
		place := 10 + random.IntN(41)
		for _, at := range placesOf(t, withChange(x, place), 0.01) {
			if at >= place-2 && at <= place+2 {
				found++
				break
			}
		}
	}
	return alarms, found
}

// TestChangePointsRates is a small part of [BenchmarkChangePointsRates], since the race detector makes it slow.
func TestChangePointsRates(t *testing.T) {
	const series = 5
	for _, kind := range []string{"apart", "follows"} {
		alarms, found := rates(t, kind, series)
		if alarms > 1 || found < series-1 {
			t.Errorf("%s: %d alarms and %d found in %d series, want at most one and all but one", kind, alarms, found, series)
		}
	}
}

// BenchmarkChangePointsRates prints the rates over 200 series. Where the machine has two states and which one is not known, a change as large as their distance is
// found less often: what is known of the state is to be taken out before.
func BenchmarkChangePointsRates(b *testing.B) {
	const series = 200
	for _, kind := range []string{"apart", "follows", "two states"} {
		b.Run(strings.ReplaceAll(kind, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				alarms, found := rates(b, kind, series)
				b.ReportMetric(float64(alarms)/series, "alarms/series")
				b.ReportMetric(float64(found)/series, "found/series")
			}
		})
	}
}
