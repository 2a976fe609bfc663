package stat

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestResampledCenter: weights on the sorted averages find the centre of the series drawn.
func TestResampledCenter(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 15))
	for range 300 {
		x := symmetric[random.IntN(len(symmetric))].series(random, 1+random.IntN(20), 3)
		times := make([]int, len(x))
		var drawn []float64
		for range x {
			i := random.IntN(len(x))
			times[i]++
			drawn = append(drawn, x[i])
		}
		want, err := HodgesLehmann(drawn)
		if err != nil {
			t.Fatal(err)
		}
		if got := resampledCenter(walshAverages(x), times, len(x)); got != want {
			t.Fatalf("%v: %v, want %v", drawn, got, want)
		}
	}
}

func TestBootstrapInterval(t *testing.T) {
	x := skewed[0].series(rand.New(rand.NewPCG(16, 16)), 25, 0)
	first, err := BootstrapInterval(x, 0.95, 1)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := BootstrapInterval(x, 0.95, 1)
	other, _ := BootstrapInterval(x, 0.95, 2)
	wider, _ := BootstrapInterval(x, 0.99, 1)
	if first != again {
		t.Errorf("the same seed gives %+v and %+v", first, again)
	}
	if first == other {
		t.Error("another seed gives the same interval")
	}
	if !wider.contains(first.Low) || !wider.contains(first.High) || wider == first {
		t.Errorf("99 %% has %+v, 95 %% %+v", wider, first)
	}
	center, _ := HodgesLehmann(x)
	if first.Center != center || !first.contains(center) || first.Low < slices.Min(x) || first.High > slices.Max(x) {
		t.Errorf("%+v about %v", first, center)
	}
}

// TestBootstrapOfFew: below ten values it is never narrower than the exact interval.
func TestBootstrapOfFew(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 17))
	for n := 6; n < minForBootstrap; n++ {
		x := symmetric[0].series(random, n, 0)
		bootstrap, err := BootstrapInterval(x, 0.95, 1)
		if err != nil {
			t.Fatal(err)
		}
		exact, err := SignedRankInterval(x, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if !bootstrap.contains(exact.Low) || !bootstrap.contains(exact.High) {
			t.Errorf("%d values: %+v is narrower than %+v", n, bootstrap, exact)
		}
	}
}

func BenchmarkBootstrapInterval(b *testing.B) {
	x := symmetric[0].series(rand.New(rand.NewPCG(18, 18)), 200, 0)
	for b.Loop() {
		if _, err := BootstrapInterval(x, 0.95, 1); err != nil {
			b.Fatal(err)
		}
	}
}
