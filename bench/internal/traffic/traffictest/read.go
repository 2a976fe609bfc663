package traffictest

import (
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
)

// ReadAll waits until the sink has n segments, or its socket has dropped them, and
// returns its counts: a thread that reads a socket may get its CPU late.
func ReadAll(tb testing.TB, bed *testbed.Testbed, s sink.Sink, n uint64) sink.Counts {
	tb.Helper()
	for deadline := time.Now().Add(Long); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		c, err := s.Read()
		if err != nil {
			tb.Fatal(err)
		}
		if total := c.Total(); total.Segments+total.Corrupt+total.Foreign+c.Overflow >= n {
			break
		}
	}
	return ReadSink(tb, bed, s)
}

// ReadSink waits until the counts stand still, those of the devices and then the sink's
// own, and returns them.
func ReadSink(tb testing.TB, bed *testbed.Testbed, s sink.Sink) sink.Counts {
	tb.Helper()
	if err := bed.Settle(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := testbed.AtRest(tb.Context(), 30*time.Millisecond, Long, s.Received); err != nil {
		tb.Fatal(err)
	}
	c, err := s.Read()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// CheckDelivery reports what a path without loss must not show.
func CheckDelivery(t *testing.T, sent load.Sent, got sink.Counts) {
	t.Helper()
	if f := got.Flows(); f != (sink.FlowCounts{Unique: sent.Offered}) {
		t.Errorf("of %d segments arrived %+v", sent.Offered, f)
	}
	total := got.Total()
	if total.Segments != sent.Offered || total.Bytes != sent.OfferedBytes || total.Foreign != 0 {
		t.Errorf("of %d segments in %d bytes arrived %+v", sent.Offered, sent.OfferedBytes, total)
	}
	if total.NegativeLatency != 0 || total.ClampedLatency != 0 || uint64(got.Latency.TotalCount()) != sent.Offered {
		t.Errorf("%d latencies, %+v", got.Latency.TotalCount(), total)
	}
	for i, f := range got.PerFlow {
		if f.NextSeq != sent.NextSeq[i] {
			t.Errorf("flow %d: next sequence number %d sent, %d seen", i, sent.NextSeq[i], f.NextSeq)
		}
	}
}
