package analysis

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
)

func TestSummarize(t *testing.T) {
	trial := func(scenario, arm string, pps float64) results.Trial {
		return results.Trial{
			Scenario: scenario, Arm: arm, LimitedBy: "sender",
			Traffic: results.Traffic{ForwardedPps: &pps, Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 10}, {Place: results.PlaceSink, Packets: 10}}},
		}
	}
	failed := trial("a", "", 1e9)
	failed.Error = "child died"
	interrupted := trial("a", "", 1e9)
	interrupted.Interrupted, interrupted.Error = true, "canceled"
	without := results.Trial{Scenario: "a", LimitedBy: "forwarder", Traffic: results.Traffic{LossRatio: new(0.0)}}

	got, err := Summarize([]results.Trial{
		trial("b", "", 7), trial("a", "", 4), failed, trial("a", "", 1), trial("a", "", 2), interrupted, trial("a", "", 100), without,
		trial("b", "B", 8),
	})
	if err != nil {
		t.Fatal(err)
	}
	one := func(v float64) Stat { return Stat{N: 1, Median: v, Min: v, Max: v} }
	want := []Summary{
		{
			Scenario: "b", Trials: 1, Used: 1, Stats: map[results.Metric]Stat{results.MetricForwarded: one(7)},
			Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 10}, {Place: results.PlaceSink, Packets: 10}}, LimitedBy: []string{"sender"},
		},
		{
			Scenario: "a", Trials: 7, Used: 5,
			// Of 1, 2, 4, 100 the median is 3, the deviations from it 2, 1, 1, 97.
			Stats:  map[results.Metric]Stat{results.MetricForwarded: {N: 4, Median: 3, Min: 1, Max: 100}, results.MetricLoss: one(0), results.MetricDelivered: one(1)},
			Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 40}, {Place: results.PlaceSink, Packets: 40}}, LimitedBy: []string{"sender", "forwarder"},
		},
		{
			Scenario: "b", Arm: "B", Trials: 1, Used: 1, Stats: map[results.Metric]Stat{results.MetricForwarded: one(8)},
			Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 10}, {Place: results.PlaceSink, Packets: 10}}, LimitedBy: []string{"sender"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Summarize (-want +got):\n%s", diff)
	}
}

func TestDescribeNothing(t *testing.T) {
	if s, err := describe(nil); err == nil {
		t.Errorf("describe of nothing = %+v", s)
	}
}

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
