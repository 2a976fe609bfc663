package traffic

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// long is far longer than anything takes, on any machine.
const long = 5 * time.Minute

// untilAllLeft is the grace of the generators of tests: they offer all packets that are
// due, however long their thread waits for a CPU.
func untilAllLeft(time.Duration) int64 { return int64(long) }

// cancelWhen returns a context that is done as soon as happened says so.
func cancelWhen(t *testing.T, happened func() (bool, error)) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	t.Cleanup(cancel)
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			if ok, err := happened(); ok || err != nil {
				if err != nil {
					t.Errorf("wait for a run: %v", err)
				}
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return ctx
}

// newScene returns two namespaces joined by a veth pair, which end with the test.
func newScene(tb testing.TB) *testbed.Testbed {
	tb.Helper()
	return upScene(tb, testbed.Config{Topology: testbed.Veth, IPv6: true})
}

// newGap returns two namespaces with a TUN device each and nothing between.
func newGap(tb testing.TB) *testbed.Testbed {
	tb.Helper()
	return upScene(tb, testbed.Config{Topology: testbed.Devices, Kind: tun.TUN})
}

func upScene(tb testing.TB, cfg testbed.Config) *testbed.Testbed {
	tb.Helper()
	requireRoot(tb)
	bed, err := testbed.Up(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := bed.Down(); err != nil {
			tb.Error(err)
		}
	})
	return bed
}

// address returns the end's address of one family.
func address(e *testbed.End, ipv6 bool) netip.Addr {
	if ipv6 {
		return e.Addr6
	}
	return e.Addr
}

// newTestSink attaches a sink to end, which ends with the test.
func newTestSink(tb testing.TB, end *testbed.End, flows int) Receiver {
	tb.Helper()
	return newTestReceiver(tb, end, SinkConfig{Flows: flows})
}

// newTestReceiver starts a receiver at end, where cfg does not say otherwise, which
// ends with the test.
func newTestReceiver(tb testing.TB, end *testbed.End, cfg SinkConfig) Receiver {
	tb.Helper()
	cfg.Enter = end.Namespace.Do
	cfg.IfIndex = end.IfIndex
	cfg.Ethernet = end.Ethernet
	cfg.Port = testPort
	r, err := NewReceiver(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	})
	return r
}

// newTestSender sends from a to b and ends with the test.
func newTestSender(tb testing.TB, bed *testbed.Testbed, ipv6 bool, flows, size, segments int) *Sender {
	tb.Helper()
	s, err := NewSender(SenderConfig{
		Enter: bed.A().Namespace.Do,
		Profile: Profile{
			Src:   address(bed.A(), ipv6),
			Dst:   address(bed.B(), ipv6),
			Port:  testPort,
			Flows: flows,
			Sizes: OneSize(size),
		},
		Segments: segments,
		CPU:      -1,
	})
	if err != nil {
		tb.Fatal(err)
	}
	s.grace = untilAllLeft
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// readAll waits until the receiver has n segments, or its socket has dropped them, and
// returns its counts: a thread that reads a socket may get its CPU late.
func readAll(tb testing.TB, bed *testbed.Testbed, s Receiver, n uint64) SinkCounts {
	tb.Helper()
	for deadline := time.Now().Add(long); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		c, err := s.Read()
		if err != nil {
			tb.Fatal(err)
		}
		if total := c.Total(); total.Segments+total.Corrupt+total.Foreign+c.Overflow >= n {
			break
		}
	}
	return readSink(tb, bed, s)
}

// readSink waits until the counts stand still, those of the devices and then the
// receiver's own, and returns them.
func readSink(tb testing.TB, bed *testbed.Testbed, s Receiver) SinkCounts {
	tb.Helper()
	if err := bed.Settle(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := testbed.AtRest(tb.Context(), 30*time.Millisecond, 2*time.Second, s.Received); err != nil {
		tb.Fatal(err)
	}
	c, err := s.Read()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
