package socket

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/sink/kernel"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// newTestSender sends from A to B and ends with the test.
func newTestSender(tb testing.TB, bed *testbed.Testbed, ipv6 bool, flows, size, segments int) *Sender {
	tb.Helper()
	return traffictest.Open(tb, NewSender, SenderConfig{
		Enter: bed.A().Namespace.Do, Profile: traffictest.Profile(bed, ipv6, flows, size),
		Segments: segments, CPU: -1, Grace: traffictest.Long,
	})
}

// newTestSink attaches a sink in the kernel to end, which ends with the test.
func newTestSink(tb testing.TB, end *testbed.End, flows int) *kernel.Sink {
	tb.Helper()
	return traffictest.OpenSink(tb, end, kernel.NewIngress, sink.Config{Flows: flows})
}

func TestSenderOverVeth(t *testing.T) {
	bed := traffictest.Veth(t)
	const pps, d = 50_000, 18 * time.Millisecond // fewer packets than a CPU's backlog holds
	for _, ipv6 := range []bool{false, true} {
		for _, flows := range []int{1, 8} {
			for _, segments := range []int{1, 16} {
				t.Run(fmt.Sprintf("ipv6=%v/flows=%d/segments=%d", ipv6, flows, segments), func(t *testing.T) {
					const size = 200
					sink := newTestSink(t, bed.B(), flows)
					sender := newTestSender(t, bed, ipv6, flows, size, segments)
					sent, err := sender.Run(t.Context(), load.Load{Pps: pps}, d)
					if err != nil {
						t.Fatal(err)
					}
					got := traffictest.ReadSink(t, bed, sink)

					// Superpackets round the load to whole ones.
					want := (uint64(pps*d/time.Second) + uint64(segments)/2) / uint64(segments) * uint64(segments)
					if sent.Intended != want || sent.Offered != want || sent.NotOffered != 0 || sent.Duration != d {
						t.Errorf("offered %d of %d in %v, want %d in %v", sent.Offered, sent.Intended, sent.Duration, want, d)
					}
					if n := sent.Lateness.TotalCount(); uint64(n) != want {
						t.Errorf("%d values of lateness, want %d", n, want)
					}
					traffictest.CheckDelivery(t, sent, got)
					if total := got.Total(); segments > 1 && total.Superpackets*uint64(segments) != want {
						t.Errorf("%d superpackets of %d segments arrived, want %d segments", total.Superpackets, segments, want)
					}
				})
			}
		}
	}
}

func TestSenderMaximumLoad(t *testing.T) {
	bed := traffictest.Veth(t)
	for _, segments := range []int{1, 16} {
		t.Run(fmt.Sprintf("segments=%d", segments), func(t *testing.T) {
			sink := newTestSink(t, bed.B(), 4)
			sender := newTestSender(t, bed, true, 4, wire.MinSizeIPv6, segments)
			sent, err := sender.Run(t.Context(), load.Load{}, 100*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if sent.Offered == 0 || sent.Intended != 0 || sent.NotOffered != 0 || sent.Lateness != nil {
				t.Errorf("got %+v", sent)
			}
			got := traffictest.ReadSink(t, bed, sink)
			// A full backlog may drop; nothing may be made up.
			if f := got.Flows(); f.Unique == 0 || f.Unique > sent.Offered || f.Duplicates+f.Reordered+f.TooOld != 0 {
				t.Errorf("of %d segments arrived %+v", sent.Offered, f)
			}
		})
	}
}

// The second run goes on with the sequence numbers of the first, so that a sink
// sees warm-up and measurement as one.
func TestSenderContinues(t *testing.T) {
	bed := traffictest.Veth(t)
	sink := newTestSink(t, bed.B(), 2)
	sender := newTestSender(t, bed, false, 2, 64, 1)
	for range 2 {
		before := traffictest.ReadSink(t, bed, sink)
		sent, err := sender.Run(t.Context(), load.Load{Pps: 20_000}, 50*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		traffictest.CheckDelivery(t, sent, traffictest.ReadSink(t, bed, sink).Sub(before))
	}
}

func TestSenderCancel(t *testing.T) {
	bed := traffictest.Veth(t)
	sender := newTestSender(t, bed, false, 1, 64, 1)
	for _, pps := range []float64{0, 10, 50_000} {
		before, err := bed.Counters()
		if err != nil {
			t.Fatal(err)
		}
		sent, err := sender.Run(traffictest.CancelWhen(t, func() (bool, error) {
			now, err := bed.Counters()
			return now.A.TxPackets > before.A.TxPackets, err
		}), load.Load{Pps: pps}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if sent.Offered == 0 || sent.Duration <= 0 || sent.Duration >= time.Hour {
			t.Errorf("%v pps: offered %d in %v", pps, sent.Offered, sent.Duration)
		}
		if limit := pps*sent.Duration.Seconds() + 1; pps > 0 && float64(sent.Intended) > limit {
			t.Errorf("%v pps: %d intended in %v", pps, sent.Intended, sent.Duration)
		}
	}
}

// Nobody listens at B: the pending ICMP errors must not end the run.
func TestSenderWithoutReceiver(t *testing.T) {
	bed := traffictest.Veth(t)
	sender := newTestSender(t, bed, false, 1, 64, 1)
	sent, err := sender.Run(t.Context(), load.Load{Pps: 10_000}, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if sent.Offered != 1000 || sent.Errors[unix.ECONNREFUSED] == 0 {
		t.Errorf("offered %d, errors %v; want 1000 and some refused", sent.Offered, sent.Errors)
	}
}

func TestSenderTooLong(t *testing.T) {
	bed := traffictest.Veth(t)
	sender := newTestSender(t, bed, false, 1, 1501, 1)
	for _, pps := range []float64{0, 1000} {
		sent, err := sender.Run(t.Context(), load.Load{Pps: pps}, 100*time.Millisecond)
		if !errors.Is(err, unix.EMSGSIZE) || sent.Offered != 0 {
			t.Errorf("%v pps: offered %d, %v; want EMSGSIZE", pps, sent.Offered, err)
		}
	}
}

func TestSenderBothDirections(t *testing.T) {
	bed := traffictest.Veth(t)
	sinkA, sinkB := newTestSink(t, bed.A(), 1), newTestSink(t, bed.B(), 1)
	forth := newTestSender(t, bed, false, 1, 64, 1)
	back, err := NewSender(SenderConfig{
		Enter:    bed.B().Namespace.Do,
		Profile:  load.Profile{Src: bed.B().Addr, Dst: bed.A().Addr, Port: traffictest.Port, Flows: 1, Sizes: load.OneSize(64)},
		Segments: 1, CPU: -1, Grace: traffictest.Long,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()

	type result struct {
		sent load.Sent
		err  error
	}
	results := make(chan result, 1)
	go func() {
		sent, err := back.Run(t.Context(), load.Load{Pps: 20_000}, 50*time.Millisecond)
		results <- result{sent, err}
	}()
	sent, err := forth.Run(t.Context(), load.Load{Pps: 20_000}, 50*time.Millisecond)
	r := <-results
	if err != nil || r.err != nil {
		t.Fatal(err, r.err)
	}
	traffictest.CheckDelivery(t, sent, traffictest.ReadSink(t, bed, sinkB))
	traffictest.CheckDelivery(t, r.sent, traffictest.ReadSink(t, bed, sinkA))
}

func TestSenderClosed(t *testing.T) {
	s := pairedSender(t, 1, 1)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Run(t.Context(), load.Load{}, time.Second); !errors.Is(err, os.ErrClosed) {
		t.Errorf("run after close: %v, want os.ErrClosed", err)
	}
}

func TestNewSenderErrors(t *testing.T) {
	good := SenderConfig{
		Profile: load.Profile{
			Src: netip.MustParseAddr("198.18.0.1"), Dst: netip.MustParseAddr("198.18.1.1"),
			Port: traffictest.Port, Flows: 1, Sizes: load.OneSize(64),
		},
		Segments: 1, CPU: -1,
	}
	for name, change := range map[string]func(*SenderConfig){
		"family":     func(c *SenderConfig) { c.Dst = netip.MustParseAddr("::1") },
		"no address": func(c *SenderConfig) { c.Src = netip.Addr{} },
		"flows":      func(c *SenderConfig) { c.Flows = 0 },
		"port":       func(c *SenderConfig) { c.Port, c.Flows = 65530, 6 },
		"size":       func(c *SenderConfig) { c.Sizes = load.OneSize(wire.MinSizeIPv4 - 1) },
		"segments":   func(c *SenderConfig) { c.Segments = MaxSegments + 1 },
		"no size":    func(c *SenderConfig) { c.Sizes = nil },
		"weight":     func(c *SenderConfig) { c.Sizes[0].Weight = 0 },
		"long mix":   func(c *SenderConfig) { c.Sizes = []load.SizeShare{{Size: 64, Weight: 1023}, {Size: 65, Weight: 2}} },
		"order":      func(c *SenderConfig) { c.Order = "random" },
		"mix of superpackets": func(c *SenderConfig) {
			c.Sizes, c.Segments = []load.SizeShare{{Size: 64, Weight: 1}, {Size: 65, Weight: 1}}, 2
		},
		"superpacket": func(c *SenderConfig) { c.Sizes, c.Segments = load.OneSize(1400), 48 },
	} {
		cfg := good
		cfg.Sizes = slices.Clone(good.Sizes)
		change(&cfg)
		if s, err := NewSender(cfg); err == nil {
			t.Errorf("%s: no error", name)
			s.Close()
		}
	}
}

// BenchmarkSender reports the highest load over a veth pair into a sink.
func BenchmarkSender(b *testing.B) {
	for _, c := range []struct{ size, segments, flows int }{
		{64, 1, 1}, {64, 1, 8}, {1400, 1, 1}, {64, 64, 1}, {1400, 46, 1},
	} {
		b.Run(fmt.Sprintf("flows=%d/segments=%d/size=%d", c.flows, c.segments, c.size), func(b *testing.B) {
			bed := traffictest.Veth(b)
			sink := newTestSink(b, bed.B(), c.flows)
			sender := newTestSender(b, bed, false, c.flows, c.size, c.segments)
			b.ReportAllocs()
			var offered uint64
			var spent time.Duration
			for b.Loop() {
				sent, err := sender.Run(b.Context(), load.Load{}, 500*time.Millisecond)
				if err != nil {
					b.Fatal(err)
				}
				offered += sent.Offered
				spent += sent.Duration
			}
			b.StopTimer()
			got := traffictest.ReadSink(b, bed, sink).Flows().Unique
			b.ReportMetric(float64(offered)/spent.Seconds(), "pps")
			b.ReportMetric(float64(spent.Nanoseconds())/float64(offered), "ns/packet")
			b.ReportMetric(1-float64(got)/float64(offered), "loss")
		})
	}
}
