package load

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func imix() []SizeShare { return []SizeShare{{64, 7}, {570, 4}, {1518, 1}} }

// walkPlan returns the first n steps through the plan of a profile.
func walkPlan(p Profile, n int) (flows []uint16, shares []uint8) {
	w := NewWalk(NewPlan(&p))
	for range n {
		flow, share := w.Next()
		flows, shares = append(flows, flow), append(shares, share)
	}
	return flows, shares
}

func TestPlanOrders(t *testing.T) {
	flows, _ := walkPlan(Profile{Flows: 3, Sizes: OneSize(64)}, 7)
	if want := []uint16{0, 1, 2, 0, 1, 2, 0}; !slices.Equal(flows, want) {
		t.Errorf("interleaved: %v, want %v", flows, want)
	}
	flows, _ = walkPlan(Profile{Flows: 3, Order: OrderInOrder, Sizes: OneSize(64)}, 4*64)
	for k, flow := range flows {
		if want := uint16(k / 64 % 3); flow != want {
			t.Fatalf("in order: packet %d of flow %d, want %d", k, flow, want)
		}
	}
}

func TestPlanZipf(t *testing.T) {
	const flows = 10
	p := Profile{Flows: flows, Order: OrderZipf, Sizes: OneSize(64)}
	got, _ := walkPlan(p, zipfDraws)
	again, _ := walkPlan(p, zipfDraws)
	if !slices.Equal(got, again) {
		t.Error("two plans of one profile differ")
	}
	count := make([]float64, flows)
	for _, flow := range got {
		count[flow]++
	}
	harmonic := 0.0
	for i := range flows {
		harmonic += 1 / float64(i+1)
	}
	for i, n := range count {
		p := 1 / float64(i+1) / harmonic
		want, sigma := p*zipfDraws, math.Sqrt(p*(1-p)*zipfDraws)
		if math.Abs(n-want) > 5*sigma {
			t.Errorf("flow %d has %v of %d packets, want %.0f ± %.0f", i, n, zipfDraws, want, sigma)
		}
	}
}

func TestSpreadSizes(t *testing.T) {
	for _, c := range []struct {
		shares []SizeShare
		want   []uint8
	}{
		{OneSize(64), []uint8{0}},
		{[]SizeShare{{64, 2}, {128, 2}}, []uint8{0, 1}},
		{[]SizeShare{{64, 3}, {128, 1}}, []uint8{0, 0, 1, 0}},
		{imix(), []uint8{0, 1, 0, 0, 1, 0, 2, 0, 1, 0, 1, 0}},
	} {
		got := spreadSizes(c.shares)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.shares, got, c.want)
		}
	}
}

// Every flow must have the whole mix, also where the number of flows and the
// length of the mix have a common divisor.
func TestPlanMixesEveryFlow(t *testing.T) {
	for _, order := range []Order{OrderInterleaved, OrderInOrder} {
		for _, flows := range []int{1, 2, 3, 5, 12, 24, 35} {
			t.Run(fmt.Sprintf("%s/flows=%d", order, flows), func(t *testing.T) {
				p := Profile{Flows: flows, Order: order, Sizes: imix()}
				plan := NewPlan(&p)
				period := len(plan.Flows) * plan.Run * len(plan.Sizes)
				got, shares := walkPlan(p, period)
				count := make([][3]int, flows)
				for k := range got {
					count[got[k]][shares[k]]++
				}
				unit := plan.Run
				for flow, n := range count {
					if want := [3]int{7 * unit, 4 * unit, unit}; n != want {
						t.Errorf("flow %d has %v packets of each size, want %v", flow, n, want)
					}
				}
			})
		}
	}
}
