package forwarder

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatsSubAndTotal(t *testing.T) {
	direction := func(n uint64, causes map[string]uint64) DirectionStats {
		return DirectionStats{
			ReadPackets: n, ReadSuperpackets: 2 * n, ReadSegments: 3 * n, ReadBytes: 4 * n,
			WrittenPackets: 5 * n, WrittenSegments: 6 * n, EmptyReads: 7 * n,
			Drops: causes, WriteErrors: causes,
		}
	}
	none := map[string]uint64{}
	before := Stats{Workers: []WorkerStats{
		{Queue: 0, AToB: direction(1, map[string]uint64{"x": 1}), BToA: direction(2, none), Sleeps: 5},
		{Queue: 1, AToB: direction(3, none), BToA: direction(4, none), Sleeps: 6},
	}}
	after := Stats{Workers: []WorkerStats{
		{Queue: 0, AToB: direction(11, map[string]uint64{"x": 1, "y": 3}), BToA: direction(22, none), Sleeps: 50},
		{Queue: 1, AToB: direction(33, map[string]uint64{"y": 4}), BToA: direction(44, none), Sleeps: 60},
	}}
	want := WorkerStats{
		Queue: -1, Sleeps: 99,
		AToB: direction(40, map[string]uint64{"y": 7}),
		BToA: direction(60, none),
	}
	if diff := cmp.Diff(want, after.Sub(before).Total()); diff != "" {
		t.Errorf("what came in between (-want +got):\n%s", diff)
	}
}
