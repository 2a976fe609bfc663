package traffictest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/traffic/sink"
)

// EpochPayloads are sequence numbers of one flow that arrive after a load began at
// epoch: two of the load before it, meant to be sent before, among those of the present.
func EpochPayloads(epoch uint64) [][]byte {
	return [][]byte{
		Stamped(0, 32, epoch-1, 0),
		Stamped(0, 32, epoch, 10),
		Stamped(0, 32, epoch+5, 11),
		Stamped(0, 32, epoch-1_000_000_000, 1),
		Stamped(0, 32, epoch-1_000_000_000, 1), // a copy of it, no duplicate of ours
	}
}

// CheckEpoch compares what a sink made of EpochPayloads.
func CheckEpoch(t *testing.T, got sink.Counts) {
	t.Helper()
	if total := got.Total(); total.Earlier != 3 || total.Segments != 2 || total.Corrupt+total.Foreign != 0 {
		t.Errorf("%+v, want 3 segments of an earlier load and 2 of this", total)
	}
	if diff := cmp.Diff(sink.FlowCounts{Unique: 2}, got.Flows()); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
	if n := got.Latency.TotalCount(); n != 2 {
		t.Errorf("%d latencies, want 2", n)
	}
}
