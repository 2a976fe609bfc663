package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/scenario"
)

func TestPlaceOn(t *testing.T) {
	for _, tc := range []struct {
		cpus      []int
		oneSender bool
		want      placement
	}{
		{[]int{0}, false, placement{[]int{0}, [2]int{0, 0}}},
		{[]int{0}, true, placement{[]int{0}, [2]int{0, 0}}},
		{[]int{0, 1}, false, placement{[]int{0, 1}, [2]int{1, 0}}},
		{[]int{0, 1}, true, placement{[]int{0}, [2]int{1, 0}}},
		{[]int{2, 5, 7}, false, placement{[]int{2, 5, 7}, [2]int{7, 5}}},
		{[]int{2, 5, 7}, true, placement{[]int{2, 5}, [2]int{7, 5}}},
	} {
		if diff := cmp.Diff(tc.want, placeOn(tc.cpus, tc.oneSender), cmp.AllowUnexported(placement{})); diff != "" {
			t.Errorf("CPUs %v (-want +got):\n%s", tc.cpus, diff)
		}
	}
}

func TestPinOff(t *testing.T) {
	scenarios, err := scenario.Parse([]string{"pin=off"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := place(scenarios[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(p.workers) != 0 || p.generators != [2]int{anyCPU, anyCPU} {
		t.Errorf("pin=off places threads: %+v", p)
	}
}
