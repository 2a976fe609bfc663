package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/traffic/sink"
	"tunbench/results"
)

func TestSinkReport(t *testing.T) {
	there := sink.Counts{PerCPU: []sink.CPUCounts{{}, {Segments: 5, NegativeLatency: 1}, {Segments: 7}}}
	back := sink.Counts{PerCPU: []sink.CPUCounts{{Segments: 3, ClampedLatency: 2}, {Segments: 1}, {}}}
	r := newSinkReport("tcx")
	r.add(there)
	r.add(back)
	want := results.Sink{
		Kind: results.SinkTCX, EarlyPackets: new(int64(1)), ClampedPackets: new(int64(2)),
		CPUs: []results.CPUPackets{{CPU: 0, Packets: 3}, {CPU: 1, Packets: 6}, {CPU: 2, Packets: 7}},
	}
	if diff := cmp.Diff(want, r.Sink); diff != "" {
		t.Errorf("two directions (-want +got):\n%s", diff)
	}
}
