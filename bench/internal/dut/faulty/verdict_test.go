package faulty

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestJudge lists the numbers of the first twelve packets that a fault meets.
func TestJudge(t *testing.T) {
	isDropped := func(v verdict) bool { return v.drop }
	for name, test := range map[string]struct {
		faults Faults
		meets  func(verdict) bool
		want   []uint64
	}{
		"nothing":            {Faults{}, func(v verdict) bool { return v != verdict{} }, nil},
		"drop each":          {Faults{DropEvery: 4}, isDropped, []uint64{4, 8, 12}},
		"drop all":           {Faults{DropEvery: 1}, isDropped, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		"drop in a row":      {Faults{DropBurst: Burst{5, 2}}, isDropped, []uint64{4, 5, 9, 10}},
		"drop both ways":     {Faults{DropEvery: 7, DropBurst: Burst{6, 2}}, isDropped, []uint64{5, 6, 7, 11, 12}},
		"empty burst":        {Faults{DropBurst: Burst{5, 0}}, isDropped, nil},
		"duplicate":          {Faults{DuplicateEvery: 5}, func(v verdict) bool { return v.duplicate }, []uint64{5, 10}},
		"swap":               {Faults{SwapEvery: 6}, func(v verdict) bool { return v.swap }, []uint64{6, 12}},
		"flip":               {Faults{FlipEvery: 11}, func(v verdict) bool { return v.flip }, []uint64{11}},
		"flip not dropped":   {Faults{FlipEvery: 4, DropEvery: 8}, func(v verdict) bool { return v.flip }, []uint64{4, 12}},
		"stall at once":      {Faults{Stall: Stall{0, 1}}, func(v verdict) bool { return v.stall == 1 }, []uint64{1}},
		"stall later":        {Faults{Stall: Stall{7, 1}}, func(v verdict) bool { return v.stall == 1 }, []uint64{8}},
		"stall when dropped": {Faults{Stall: Stall{7, 1}, DropEvery: 8}, func(v verdict) bool { return v.drop && v.stall == 1 }, []uint64{8}},
		"delay some": {
			Faults{Delay: 2, DelayEvery: DelayEvery{5, 3}},
			func(v verdict) bool { return v.delay == 5 },
			[]uint64{5, 10},
		},
		"delay others": {
			Faults{Delay: 2, DelayEvery: DelayEvery{2, 3}},
			func(v verdict) bool { return v.delay == 2 },
			[]uint64{1, 3, 5, 7, 9, 11},
		},
	} {
		var met []uint64
		for n := uint64(1); n <= 12; n++ {
			if test.meets(test.faults.judge(n)) {
				met = append(met, n)
			}
		}
		if diff := cmp.Diff(test.want, met); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFaultsRefused(t *testing.T) {
	for name, f := range map[string]Faults{
		"negative number":   {DropEvery: -1},
		"negative time":     {Delay: -time.Second},
		"burst beyond each": {DropBurst: Burst{3, 4}},
		"burst without":     {DropBurst: Burst{0, 1}},
	} {
		if f.check() == nil {
			t.Errorf("%s: accepted %+v", name, f)
		}
	}
	if err := (&Faults{FlipEvery: 1, FlipAt: -1}).check(); err != nil {
		t.Error(err)
	}
}
