package traffic

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"
)

// Every kind counts what a Sender sends, each segment once, on every device it can
// be had on.
func TestReceiversCountAll(t *testing.T) {
	for _, kind := range []SinkKind{SinkTCX, sinkClsact, SinkXDP, SinkSocket} {
		for _, ipv6 := range []bool{false, true} {
			for _, segments := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s/ipv6=%v/segs=%d", kind, ipv6, segments), func(t *testing.T) {
					const flows = 3
					bed := newScene(t)
					r := newTestReceiver(t, bed.B(), SinkConfig{Kind: kind, Flows: flows, Verify: true, Addr: address(bed.B(), ipv6), CPU: -1})
					s := newTestSender(t, bed, ipv6, flows, 1001, segments)
					sent, err := s.Run(t.Context(), Load{Pps: 20_000}, 50*time.Millisecond)
					if err != nil {
						t.Fatal(err)
					}
					checkDelivery(t, sent, readAll(t, bed, r, sent.Offered))
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
func TestReceiverClose(t *testing.T) {
	bed := newScene(t)
	for _, kind := range []SinkKind{SinkTCX, sinkClsact, SinkXDP, SinkSocket} {
		before := countFDs(t)
		r, err := NewReceiver(SinkConfig{
			Kind: kind, Enter: bed.B().Namespace.Do, IfIndex: bed.B().IfIndex, Ethernet: true,
			Port: testPort, Flows: 1, Addr: bed.B().Addr, CPU: -1,
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
		if after := countFDs(t); after > before {
			t.Errorf("%s: %d files are open, %d were", kind, after, before)
		}
	}
}

// A start that fails leaves no file open.
func TestNewReceiverLeaksNothing(t *testing.T) {
	bed := newScene(t)
	elsewhere := netip.MustParseAddr("203.0.113.1")
	for name, cfg := range map[string]SinkConfig{
		"no device":   {Kind: SinkTCX, IfIndex: 1 << 20},
		"no device 3": {Kind: sinkClsact, IfIndex: 1 << 20},
		"no device 2": {Kind: SinkXDP, IfIndex: 1 << 20},
		"no address":  {Kind: SinkSocket, Addr: elsewhere, CPU: -1},
		"no CPU":      {Kind: SinkSocket, Addr: bed.B().Addr, CPU: 1000},
	} {
		cfg.Enter, cfg.Port, cfg.Flows = bed.B().Namespace.Do, testPort, 1
		before := countFDs(t)
		if r, err := NewReceiver(cfg); err == nil || r != nil {
			t.Errorf("%s: %v, %v", name, r, err)
		}
		if after := countFDs(t); after > before {
			t.Errorf("%s: %d files are open, %d were", name, after, before)
		}
	}
}

func TestReceiverCost(t *testing.T) {
	requireRoot(t)
	stats, err := EnableCost()
	if err != nil {
		t.Fatal(err)
	}
	defer stats.Close()
	for _, kind := range []SinkKind{SinkTCX, sinkClsact, SinkXDP, SinkSocket} {
		t.Run(string(kind), func(t *testing.T) {
			bed := newScene(t)
			r := newTestReceiver(t, bed.B(), SinkConfig{Kind: kind, Flows: 1, Addr: bed.B().Addr, CPU: -1})
			before, err := r.Cost()
			if err != nil {
				t.Fatal(err)
			}
			s := newTestSender(t, bed, false, 1, 200, 1)
			sent, err := s.Run(t.Context(), Load{Pps: 20_000}, 50*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			readAll(t, bed, r, sent.Offered)
			after, err := r.Cost()
			if err != nil {
				t.Fatal(err)
			}
			cost := after.Sub(before)
			if cost.Time <= 0 || cost.Runs == 0 || kind != SinkSocket && cost.Runs < sent.Offered {
				t.Errorf("%+v for %d packets", cost, sent.Offered)
			}
			t.Logf("%v a packet", cost.Time/time.Duration(sent.Offered))
		})
	}
}

func TestReadManyFlows(t *testing.T) {
	const flows = MaxFlows
	s := loadTestSink(t, SinkConfig{Flows: flows}, 1)
	for _, flow := range []uint16{0, flowsPerRead - 1, flowsPerRead, flows - 1} {
		s.receiveSegments(stamped(flow, StampLen, 0, uint64(flow)), StampLen)
	}
	start := time.Now()
	counts := s.counts().PerFlow
	t.Logf("read %d flows in %v", flows, time.Since(start))
	if len(counts) != flows {
		t.Fatalf("%d flows, want %d", len(counts), flows)
	}
	for _, flow := range []uint64{0, flowsPerRead - 1, flowsPerRead, flows - 1} {
		if want := (FlowCounts{Unique: 1, NextSeq: flow + 1}); counts[flow] != want {
			t.Errorf("flow %d: %+v, want %+v", flow, counts[flow], want)
		}
	}
}

func TestNewReceiverErrors(t *testing.T) {
	for name, cfg := range map[string]SinkConfig{
		"IfIndex": {Port: 1, Flows: 1},
		"Port":    {IfIndex: 1, Flows: 1},
		"Flows":   {IfIndex: 1, Port: 1, Flows: MaxFlows + 1},
		"Kind":    {Kind: "pcap", IfIndex: 1, Port: 1, Flows: 1},
		"Addr":    {Kind: SinkSocket, Port: 1, Flows: 1},
	} {
		if r, err := NewReceiver(cfg); err == nil || r != nil {
			t.Errorf("bad %s: %v, %v", name, r, err)
		}
	}
}
