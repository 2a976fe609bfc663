package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var lengths = []int{6, 10, 20, 40}

// TestFalseAlarms: where there is no difference the signed-rank test claims one, and its interval leaves the centre out, no more often than
// promised.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	const trials = 1500
	for _, d := range symmetric {
		for _, n := range lengths {
			t.Run(fmt.Sprintf("%s/%d", d.name, n), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(n), 1))
				alarms, missed := 0, 0
				for range trials {
					x := d.series(random, n, 0)
					p, err := SignedRank(x)
					if err != nil {
						t.Fatal(err)
					}
					interval, err := SignedRankInterval(x, 0.95)
					if err != nil {
						t.Fatal(err)
					}
					if p <= 0.05 {
						alarms++
					}
					if !interval.contains(0) {
						missed++
					}
				}
				t.Logf("false alarms %.3f, centre missed %.3f", float64(alarms)/trials, float64(missed)/trials)
				atMost(t, "false alarms", alarms, trials, 0.05)
				atMost(t, "intervals without the centre", missed, trials, 0.05)
			})
		}
	}
}

// TestBootstrapCoverage: the interval holds the centre as often as promised, symmetric or not.
func TestBootstrapCoverage(t *testing.T) {
	t.Parallel()
	for _, n := range lengths {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			missed, trials := 0, 0
			for i, d := range append(skewed, symmetric...) {
				random := rand.New(rand.NewPCG(uint64(n), uint64(i)))
				for seed := range uint64(900 / n) {
					interval, err := BootstrapInterval(d.series(random, n, 0), 0.95, seed)
					if err != nil {
						t.Fatal(err)
					}
					trials++
					if !interval.contains(0) {
						missed++
					}
				}
			}
			t.Logf("centre missed %.3f of %d", float64(missed)/float64(trials), trials)
			atMost(t, "intervals without the centre", missed, trials, 0.05)
		})
	}
}

// TestDetectable: shifted by what series of its kind call detectable, a new series shows it about as often as promised.
func TestDetectable(t *testing.T) {
	t.Parallel()
	const trials = 1000
	for _, test := range []struct {
		distribution
		powers []float64
	}{
		{symmetric[0], []float64{0.5, 0.8, 0.95}},
		{symmetric[1], []float64{0.8}},
		{symmetric[2], []float64{0.8}},
	} {
		for _, n := range lengths {
			for _, power := range test.powers {
				t.Run(fmt.Sprintf("%s/%d/%v", test.name, n, power), func(t *testing.T) {
					t.Parallel()
					random := rand.New(rand.NewPCG(uint64(n), 3))
					var shift float64
					for range trials {
						s, err := Detectable(test.series(random, n, 0), 0.95, power)
						if err != nil {
							t.Fatal(err)
						}
						shift += s / trials
					}
					shown := 0
					for range trials {
						p, err := SignedRank(test.series(random, n, shift))
						if err != nil {
							t.Fatal(err)
						}
						if p <= 0.05 {
							shown++
						}
					}
					if got := float64(shown) / trials; math.Abs(got-power) > 0.06 {
						t.Errorf("a shift of %v is shown with power %v, not %v", shift, got, power)
					}
				})
			}
		}
	}
}

// TestOrderAndModesFalseAlarms: values in no order, of one mode, are called autocorrelated or bimodal no more often than promised.
func TestOrderAndModesFalseAlarms(t *testing.T) {
	t.Parallel()
	const trials = 50
	one := append([]distribution{{"uniform", (*rand.Rand).Float64, 0}}, append(skewed, symmetric[:3]...)...)
	var alarms [3]int
	all := 0
	for i, d := range one {
		random := rand.New(rand.NewPCG(uint64(i), 4))
		for range trials {
			x := d.series(random, 12, 0)
			_, pCorrelated, err := Autocorrelation(x)
			if err != nil {
				t.Fatal(err)
			}
			_, pTrend, err := RankTrend(x)
			if err != nil {
				t.Fatal(err)
			}
			pBimodal, err := Bimodal(x)
			if err != nil {
				t.Fatal(err)
			}
			all++
			for i, p := range []float64{pCorrelated, pTrend, pBimodal} {
				if p <= 0.05 {
					alarms[i]++
				}
			}
		}
	}
	for i, what := range []string{"autocorrelations", "trends", "second modes"} {
		t.Logf("%s: %d of %d", what, alarms[i], all)
		atMost(t, what, alarms[i], all, 0.05)
	}
}
