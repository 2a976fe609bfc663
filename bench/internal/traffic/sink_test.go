package traffic

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/sink/kernel"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// openers open the sinks of every kind, and by clsact the one that SinkTCX is where the
// kernel has no TCX.
func openers() map[string]func(sink.Config) (sink.Sink, error) {
	open := map[string]func(sink.Config) (sink.Sink, error){
		"clsact": func(cfg sink.Config) (sink.Sink, error) {
			s, err := kernel.NewClsact(cfg)
			if err != nil {
				return nil, err // and no Sink that holds a nil pointer
			}
			return s, nil
		},
	}
	for _, kind := range []SinkKind{SinkTCX, SinkXDP, SinkSocket} {
		open[string(kind)] = func(cfg sink.Config) (sink.Sink, error) { return NewSink(kind, cfg) }
	}
	return open
}

// newTestSender sends from A to B and ends with the test.
func newTestSender(tb testing.TB, bed *testbed.Testbed, ipv6 bool, flows, size, segments int) *socket.Sender {
	tb.Helper()
	return traffictest.Open(tb, socket.NewSender, socket.SenderConfig{
		Enter: bed.A().Namespace.Do, Profile: traffictest.Profile(bed, ipv6, flows, size),
		Segments: segments, CPU: -1, Grace: traffictest.Long,
	})
}

// Every kind counts what a Sender sends, each segment once, on every device it can
// be had on.
func TestSinksCountAll(t *testing.T) {
	for kind, open := range openers() {
		for _, ipv6 := range []bool{false, true} {
			for _, segments := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s/ipv6=%v/segs=%d", kind, ipv6, segments), func(t *testing.T) {
					const flows = 3
					bed := traffictest.Veth(t)
					r := traffictest.OpenSink(t, bed.B(), open, sink.Config{Flows: flows, Verify: true, Addr: traffictest.Address(bed.B(), ipv6), CPU: -1})
					s := newTestSender(t, bed, ipv6, flows, 1001, segments)
					sent, err := s.Run(t.Context(), load.Load{Pps: 20_000}, 50*time.Millisecond)
					if err != nil {
						t.Fatal(err)
					}
					traffictest.CheckDelivery(t, sent, traffictest.ReadAll(t, bed, r, sent.Offered))
					if n, err := r.Received(); err != nil || n != sent.Offered {
						t.Errorf("received %d of %d, %v", n, sent.Offered, err)
					}
				})
			}
		}
	}
}

// Close ends a thread that waits, frees what was held, and reading fails from then
// on.
func TestSinkClose(t *testing.T) {
	bed := traffictest.Veth(t)
	for kind, open := range openers() {
		before := traffictest.CountFDs(t)
		r, err := open(sink.Config{
			Enter: bed.B().Namespace.Do, IfIndex: bed.B().IfIndex, Ethernet: true,
			Port: traffictest.Port, Flows: 1, Addr: bed.B().Addr, CPU: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		_, errRead := r.Read()
		_, errReceived := r.Received()
		_, errCost := r.Cost()
		for _, err := range []error{errRead, errReceived, errCost} {
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("%s after Close: %v", kind, err)
			}
		}
		if after := traffictest.CountFDs(t); after > before {
			t.Errorf("%s: %d files are open, %d were", kind, after, before)
		}
	}
}

// A start that fails leaves no file open.
func TestNewSinkLeaksNothing(t *testing.T) {
	bed := traffictest.Veth(t)
	elsewhere := netip.MustParseAddr("203.0.113.1")
	for name, c := range map[string]struct {
		kind string
		cfg  sink.Config
	}{
		"no device":            {"tcx", sink.Config{IfIndex: 1 << 20}},
		"no device for clsact": {"clsact", sink.Config{IfIndex: 1 << 20}},
		"no device for XDP":    {"xdp", sink.Config{IfIndex: 1 << 20}},
		"no address":           {"socket", sink.Config{Addr: elsewhere, CPU: -1}},
		"no CPU":               {"socket", sink.Config{Addr: bed.B().Addr, CPU: 1000}},
	} {
		cfg := c.cfg
		cfg.Enter, cfg.Port, cfg.Flows = bed.B().Namespace.Do, traffictest.Port, 1
		before := traffictest.CountFDs(t)
		if r, err := openers()[c.kind](cfg); err == nil || r != nil {
			t.Errorf("%s: %v, %v", name, r, err)
		}
		if after := traffictest.CountFDs(t); after > before {
			t.Errorf("%s: %d files are open, %d were", name, after, before)
		}
	}
}

func TestSinkCost(t *testing.T) {
	traffictest.RequireRoot(t)
	stats, err := kernel.EnableCost()
	if err != nil {
		t.Fatal(err)
	}
	defer stats.Close()
	for kind, open := range openers() {
		t.Run(kind, func(t *testing.T) {
			bed := traffictest.Veth(t)
			r := traffictest.OpenSink(t, bed.B(), open, sink.Config{Flows: 1, Addr: bed.B().Addr, CPU: -1})
			before, err := r.Cost()
			if err != nil {
				t.Fatal(err)
			}
			s := newTestSender(t, bed, false, 1, 200, 1)
			sent, err := s.Run(t.Context(), load.Load{Pps: 20_000}, 50*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			traffictest.ReadAll(t, bed, r, sent.Offered)
			after, err := r.Cost()
			if err != nil {
				t.Fatal(err)
			}
			cost := after.Sub(before)
			if cost.Time <= 0 || cost.Runs == 0 || kind != string(SinkSocket) && cost.Runs < sent.Offered {
				t.Errorf("%+v for %d packets", cost, sent.Offered)
			}
			t.Logf("%v a packet", cost.Time/time.Duration(sent.Offered))
		})
	}
}

func TestNewSinkErrors(t *testing.T) {
	for name, c := range map[string]struct {
		kind SinkKind
		cfg  sink.Config
	}{
		"IfIndex": {SinkTCX, sink.Config{Port: 1, Flows: 1}},
		"Port":    {SinkTCX, sink.Config{IfIndex: 1, Flows: 1}},
		"Flows":   {SinkTCX, sink.Config{IfIndex: 1, Port: 1, Flows: wire.MaxFlows + 1}},
		"Kind":    {"pcap", sink.Config{IfIndex: 1, Port: 1, Flows: 1}},
		"Addr":    {SinkSocket, sink.Config{Port: 1, Flows: 1}},
	} {
		if r, err := NewSink(c.kind, c.cfg); err == nil || r != nil {
			t.Errorf("bad %s: %v, %v", name, r, err)
		}
	}
}

// TestBegin: without it every packet is of the present load, however long the machine
// runs; it puts what was sent before behind it.
func TestBegin(t *testing.T) {
	for kind, open := range openers() {
		t.Run(kind, func(t *testing.T) {
			bed := traffictest.Veth(t)
			r := traffictest.OpenSink(t, bed.B(), open, sink.Config{Flows: 1, Addr: bed.B().Addr, CPU: -1})
			s := newTestSender(t, bed, false, 1, 100, 1)
			for i := range 2 {
				if err := r.Begin(); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Run(t.Context(), load.Load{Pps: 10_000, Packets: 20}, time.Second); err != nil {
					t.Fatal(err)
				}
				if got := traffictest.ReadAll(t, bed, r, uint64(20*(i+1))).Total(); got.Segments != uint64(20*(i+1)) || got.Earlier != 0 {
					t.Errorf("%+v after load %d of 20 packets", got, i)
				}
			}
		})
	}
}
