package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

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

func TestMembers(t *testing.T) {
	var set unix.CPUSet
	for _, cpu := range []int{1, 3, 900} {
		set.Set(cpu)
	}
	if diff := cmp.Diff([]int{1, 3, 900}, members(&set)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
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
