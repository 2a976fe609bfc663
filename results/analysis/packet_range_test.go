package analysis

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
)

func TestNewPacketRange(t *testing.T) {
	for _, tc := range []struct {
		packets []int64
		want    results.PacketRange
	}{
		{[]int64{7}, results.PacketRange{Mean: 7, Median: 7, Min: 7, Max: 7}},
		{[]int64{9, 1, 5, 5}, results.PacketRange{Mean: 5, StdDev: 3.265986323710904, Median: 5, Min: 1, Max: 9}}, // √(32/3)
		{[]int64{4, 1}, results.PacketRange{Mean: 2.5, StdDev: 2.1213203435596424, Median: 2.5, Min: 1, Max: 4}},  // √(9/2)
	} {
		if diff := cmp.Diff(tc.want, NewPacketRange(tc.packets)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tc.packets, diff)
		}
	}
}
