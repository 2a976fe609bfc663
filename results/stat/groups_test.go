package stat

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// everyWay goes through all orders of the groups, equal ones as often as they come: slow and obvious.
func everyWay(values, weights []float64, group, stratum []int) (p float64) {
	centred := append([]float64(nil), values...)
	for i := range values {
		sum, total := 0.0, 0.0
		for j := range values {
			if stratum[j] == stratum[i] {
				sum, total = sum+weights[j]*values[j], total+weights[j]
			}
		}
		centred[i] -= sum / total
	}
	between := func(group []int) float64 {
		square := 0.0
		for _, g := range []int{0, 1, 2, 3} {
			sum, total := 0.0, 0.0
			for i := range group {
				if group[i] == g {
					sum, total = sum+weights[i]*centred[i], total+weights[i]
				}
			}
			if total > 0 {
				square += sum * sum / total
			}
		}
		return square
	}
	observed, hits, all := between(group), 0, 0
	order := append([]int(nil), group...)
	var walk func(int)
	walk = func(i int) {
		if i == len(order) {
			all++
			if between(order) >= observed-1e-9*math.Abs(observed) {
				hits++
			}
			return
		}
		for j := i; j < len(order); j++ {
			if stratum[i] == stratum[j] {
				order[i], order[j] = order[j], order[i]
				walk(i + 1)
				order[i], order[j] = order[j], order[i]
			}
		}
	}
	walk(0)
	return float64(hits) / float64(all)
}

func TestGroupDifferenceAgainstEveryWay(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 8))
	for range 60 {
		n := 3 + random.IntN(5)
		values, weights, group, stratum := make([]float64, n), make([]float64, n), make([]int, n), make([]int, n)
		for i := range values {
			values[i], weights[i], group[i], stratum[i] = random.NormFloat64(), 0.5+random.Float64(), random.IntN(3), random.IntN(2)
		}
		got, err := GroupDifference(values, weights, group, stratum, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want := everyWay(values, weights, group, stratum); math.Abs(got.P-want) > 1e-12 {
			t.Errorf("values %v, weights %v, groups %v, strata %v: p %v, by every way %v", values, weights, group, stratum, got.P, want)
		}
		if got.P < got.Least*(1-1e-12) {
			t.Errorf("p %v, below the least %v", got.P, got.Least)
		}
	}
}

// TestLeastProbability: groups that lie as far apart as can be reach the least probability, which their sizes decide.
func TestLeastProbability(t *testing.T) {
	for _, c := range []struct {
		groups []int
		least  float64
	}{
		{[]int{0, 0, 0, 1, 1, 1}, 0.1}, {[]int{0, 0, 0, 0, 1, 1, 1, 1}, 2.0 / 70}, {[]int{0, 0, 1, 1, 1, 1, 1, 1}, 1.0 / 28}, {[]int{0, 1, 2, 3}, 1}, {[]int{0, 0, 0}, 1},
	} {
		values, weights := make([]float64, len(c.groups)), make([]float64, len(c.groups))
		for i, g := range c.groups {
			values[i], weights[i] = float64(g*g), 1
		}
		got, err := GroupDifference(values, weights, c.groups, nil, 1)
		if err != nil || !near(got.P, c.least) || !near(got.Least, c.least) {
			t.Errorf("groups %v: %+v (%v), want %v", c.groups, got, err, c.least)
		}
	}
}

// TestDrawnWays: of too many ways to go through all some are drawn, which come to the same.
func TestDrawnWays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	for range 20 {
		const n = 14 // 3432 ways in two groups of 7; twice the values with strata have many more
		values, weights, group := make([]float64, 2*n), make([]float64, 2*n), make([]int, 2*n)
		for i := range n {
			values[i], weights[i], group[i] = random.NormFloat64()+0.4*float64(i%2), 1, i%2
			values[n+i], weights[n+i] = 0, 1e-12
			group[n+i] = i % 2
		}
		every, err := GroupDifference(values[:n], weights[:n], group[:n], nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		stratum := append(make([]int, n), slices.Repeat([]int{1}, n)...)
		drawn, err := GroupDifference(values, weights, group, stratum, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(every.P-drawn.P) > 0.04+every.P/3 {
			t.Errorf("every way %v, drawn %v", every.P, drawn.P)
		}
	}
}

// TestGroupDifferenceFalseAlarms: a property that has nothing to do with the values is found no more often than promised: whether every way is gone through or
// some are drawn, whatever the weights, and also within strata that do matter.
func TestGroupDifferenceFalseAlarms(t *testing.T) {
	t.Parallel()
	const trials = 1000
	for _, n := range []int{8, 30} {
		random := rand.New(rand.NewPCG(uint64(n), 9))
		plain, within := 0, 0
		for range trials {
			values, weights, group, stratum := make([]float64, n), make([]float64, n), make([]int, n), make([]int, n)
			for i := range values {
				group[i], stratum[i] = random.IntN(2), i%2
				values[i], weights[i] = random.ExpFloat64(), math.Exp(random.NormFloat64())
			}
			p, err := GroupDifference(values, weights, group, nil, random.Uint64())
			if err != nil {
				t.Fatal(err)
			}
			if p.P <= 0.05 {
				plain++
			}
			for i := range values {
				values[i] += 5 * float64(stratum[i])
			}
			if p, err = GroupDifference(values, weights, group, stratum, random.Uint64()); err != nil {
				t.Fatal(err)
			}
			if p.P <= 0.05 {
				within++
			}
		}
		t.Logf("%d values: false alarms %d, within strata %d of %d", n, plain, within, trials)
		atMost(t, "false alarms", plain, trials, 0.05)
		atMost(t, "false alarms within strata", within, trials, 0.05)
	}
}

// TestGroupDifferencePower: a property that matters is found, and within its own groups nothing is left for another that goes along with it.
func TestGroupDifferencePower(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 9))
	found, follower := 0, 0
	const trials = 100
	for range trials {
		const n = 16
		values, weights, group, other := make([]float64, n), make([]float64, n), make([]int, n), make([]int, n)
		for i := range values {
			group[i], other[i], weights[i] = i%2, i%2, 1
			if i < 4 {
				other[i] = 1 - other[i]
			}
			values[i] = 3*float64(group[i]) + random.NormFloat64()
		}
		p, err := GroupDifference(values, weights, group, other, 1)
		if err != nil {
			t.Fatal(err)
		}
		if p.P <= 0.05 {
			found++
		}
		if p, err = GroupDifference(values, weights, other, group, 1); err != nil {
			t.Fatal(err)
		}
		if p.P <= 0.05 {
			follower++
		}
	}
	if found < 90 {
		t.Errorf("found in %d of %d", found, trials)
	}
	atMost(t, "the one that goes along", follower, trials, 0.05)
}

func TestGroupDifferenceOfBadInput(t *testing.T) {
	if _, err := GroupDifference([]float64{1, 2}, []float64{1, 0}, []int{0, 1}, nil, 1); !errors.Is(err, ErrNotFinite) {
		t.Errorf("weight 0: %v", err)
	}
	if _, err := GroupDifference([]float64{1, 2}, []float64{1, 1}, []int{0}, nil, 1); !errors.Is(err, ErrUnpaired) {
		t.Errorf("one group of two: %v", err)
	}
	if _, err := GroupDifference([]float64{1}, []float64{1}, []int{0}, nil, 1); !errors.Is(err, ErrTooFew) {
		t.Errorf("one value: %v", err)
	}
	p, err := GroupDifference([]float64{1e150, -1e150}, []float64{1e150, 1e-150}, []int{0, 1}, nil, 1)
	if err != nil || p.P != 1 {
		t.Errorf("extremes: %+v, %v", p, err)
	}
}
