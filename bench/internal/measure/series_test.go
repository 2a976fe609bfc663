package measure

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/scenario"
)

// TestShuffledSeries: a seed gives each round all scenarios in an order of its own; what is measured already is left out, and the order stays.
func TestShuffledSeries(t *testing.T) {
	scenarios, err := scenario.Parse([]string{"flows=1,2,3,4,5,6,7,8"})
	if err != nil {
		t.Fatal(err)
	}
	series := Series{Scenarios: scenarios, Rounds: 2, Seed: new(uint64(7))}
	flows := func(round int) []int {
		var order []int
		for _, s := range series.missing(round) {
			order = append(order, s.Flows)
		}
		return order
	}
	whole := [][]int{flows(0), flows(1)}
	if slices.Equal(whole[0], whole[1]) || len(whole[0]) != 8 || series.Trials() != 16 {
		t.Errorf("%d trials in the orders %v", series.Trials(), whole)
	}
	series.Measured = func(s scenario.Scenario, round int) bool { return round == 0 && s.Flows > 2 }
	first := slices.DeleteFunc(slices.Clone(whole[0]), func(flows int) bool { return flows > 2 })
	if diff := cmp.Diff([][]int{first, whole[1]}, [][]int{flows(0), flows(1)}); diff != "" || series.Trials() != 10 {
		t.Errorf("%d trials left (-want +got):\n%s", series.Trials(), diff)
	}
}
