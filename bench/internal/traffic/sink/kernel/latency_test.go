package kernel

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// The program's buckets must be those of the library, at both sides of every
// power of two.
func TestSinkLatencyBuckets(t *testing.T) {
	const now = uint64(3) << 47 // beyond 48 bits, as the stamp is
	s := loadTestSink(t, "tcx", sink.Config{Flows: 1}, now)
	want := histogram.New()
	values := []int64{0, 1, 2, 255, 256, 257, 258, 511, 512, 999_999, 10_000_000_000, histogram.Max - 1, histogram.Max}
	for shift := range 34 {
		v := int64(1) << shift
		values = append(values, v-1, v, v+v/2, v+v/128)
	}
	for i, v := range values {
		if err := want.RecordValue(v); err != nil {
			t.Fatal(err)
		}
		p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(0, wire.StampLen, now-uint64(v), uint64(i))}
		s.receive(p.Build(), 0)
	}
	got := s.counts()
	if diff := cmp.Diff(want.Export(), got.Latency.Export()); diff != "" {
		t.Errorf("-library +program:\n%s", diff)
	}
	if total := got.Total(); total.NegativeLatency != 0 || total.ClampedLatency != 0 {
		t.Errorf("in range, yet %+v", total)
	}
}

func TestSinkLatencyOutOfRange(t *testing.T) {
	const now = 1 << 40
	s := loadTestSink(t, "tcx", sink.Config{Flows: 1}, now)
	for i, intended := range []uint64{now + 1, now + 1000, now - histogram.Max - 1} {
		p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(0, wire.StampLen, intended, uint64(i))}
		s.receive(p.Build(), 0)
	}
	got := s.counts()
	if total := got.Total(); total.NegativeLatency != 2 || total.ClampedLatency != 1 {
		t.Errorf("got %+v, want 2 negative and 1 clamped", total)
	}
	counts := got.Latency.Export().Counts
	if counts[0] != 2 || counts[len(counts)-1] != 1 {
		t.Errorf("first bucket %d, last %d; want 2 and 1", counts[0], counts[len(counts)-1])
	}
}

func TestSinkCountsSub(t *testing.T) {
	s := loadTestSink(t, "tcx", sink.Config{Flows: 2}, 1000)
	send := func(seqs ...uint64) {
		p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(1, wire.StampLen, 500, seqs...)}
		s.receive(p.Build(), wire.StampLen)
	}
	send(0, 1, 5)
	before := s.counts()
	send(5, 3, 6)
	d := s.counts().Sub(before)
	want := []sink.FlowCounts{{}, {Unique: 2, Duplicates: 1, Reordered: 1, NextSeq: 7}}
	if diff := cmp.Diff(want, d.PerFlow); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if total := d.Total(); total.Segments != 3 || total.Skbs != 1 || d.Latency.TotalCount() != 3 {
		t.Errorf("got %+v and %d latencies, want 3 segments in 1 skb", total, d.Latency.TotalCount())
	}
	if !slices.ContainsFunc(d.PerCPU, func(c sink.CPUCounts) bool { return c == d.Total() }) {
		t.Errorf("no CPU received it all: %+v", d.PerCPU)
	}
}
