package xdp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// Counts are exact, whatever the load, and the sequence goes on from run to run.
func TestXDPCounts(t *testing.T) {
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, MTU: 9000})
	for _, ipv6 := range []bool{false, true} {
		t.Run(fmt.Sprintf("ipv6=%v", ipv6), func(t *testing.T) {
			sink := newTestSink(t, bed.B(), 3)
			x := newTestXDP(t, routed(bed, ipv6, 3, traffictest.IMIX()))
			const d = 100 * time.Millisecond
			for _, c := range []struct {
				load load.Load
				d    time.Duration
				want uint64 // 0: as many as went
			}{
				{load.Load{Pps: 50_000}, d, 5000},
				{load.Load{Pps: 50_001.5}, d, 5000},
				{load.Load{Pps: 50_000, Packets: 777}, d, 777},
				{load.Load{Packets: 777}, traffictest.Long, 777},
				{load.Load{}, d, 0},
			} {
				before := traffictest.ReadSink(t, bed, sink)
				sent, err := x.Run(t.Context(), c.load, c.d)
				if err != nil {
					t.Fatal(err)
				}
				if sent.Offered == 0 || c.want != 0 && sent.Offered != c.want {
					t.Errorf("%+v: offered %d, want %d", c.load, sent.Offered, c.want)
				}
				if paced := c.load.Pps > 0; paced && (sent.Intended != c.want || sent.Lateness == nil) ||
					!paced && (sent.Intended != 0 || sent.Lateness != nil) {
					t.Errorf("%+v: intended %d, lateness %v", c.load, sent.Intended, sent.Lateness)
				}
				traffictest.CheckDelivery(t, sent, traffictest.ReadSink(t, bed, sink).Sub(before))
			}
		})
	}
}

// The highest number of flows, each with its own sequence.
func TestXDPManyFlows(t *testing.T) {
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
	sink := newTestSink(t, bed.B(), wire.MaxFlows)
	x := newTestXDP(t, routed(bed, false, wire.MaxFlows, load.OneSize(64)))
	sent, err := x.Run(t.Context(), load.Load{Packets: 2*wire.MaxFlows + 1}, traffictest.Long)
	if err != nil {
		t.Fatal(err)
	}
	traffictest.CheckDelivery(t, sent, traffictest.ReadSink(t, bed, sink))
	if sent.NextSeq[0] != 3 || sent.NextSeq[1] != 2 || sent.NextSeq[wire.MaxFlows-1] != 2 {
		t.Errorf("next sequence numbers %d, %d … %d, want 3, 2 … 2", sent.NextSeq[0], sent.NextSeq[1], sent.NextSeq[wire.MaxFlows-1])
	}
}

func TestXDPCancel(t *testing.T) {
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
	x := newTestXDP(t, routed(bed, false, 1, load.OneSize(64)))
	for _, pps := range []float64{0, 10, 50_000} {
		sent, err := x.Run(traffictest.CancelWhen(t, emits(x)), load.Load{Pps: pps}, time.Hour)
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

// emits tells whether a run of x that begins from now on has emitted a packet.
func emits(x *Generator) func() (bool, error) {
	now := thread.Now()
	return func() (bool, error) {
		run, err := x.progress()
		return int64(run.Start) >= now && run.Emitted > 0, err
	}
}

// Close waits for the run that is going on; none begins after it.
func TestXDPClose(t *testing.T) {
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
	x := newTestXDP(t, routed(bed, false, 1, load.OneSize(64)))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	emitting := traffictest.CancelWhen(t, emits(x))
	go func() {
		_, err := x.Run(ctx, load.Load{}, time.Hour)
		done <- err
	}()
	<-emitting.Done()
	time.AfterFunc(10*time.Millisecond, cancel) // while Close waits, or before
	for range 2 {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := x.Run(t.Context(), load.Load{}, time.Second); !errors.Is(err, os.ErrClosed) {
		t.Errorf("run after close: %v, want os.ErrClosed", err)
	}
}

func TestXDPTooLong(t *testing.T) {
	traffictest.RequireRoot(t)
	cfg := Config{
		Profile: load.Profile{
			Src: netip.MustParseAddr("198.18.0.1"), Dst: netip.MustParseAddr("198.18.1.1"),
			Port: traffictest.Port, Flows: 1, Sizes: []load.SizeShare{{Size: 64, Weight: 1}, {Size: 9000, Weight: 1}},
		},
		CPU: -1,
	}
	_, err := New(cfg)
	var tooLong *TooLongError
	if !errors.As(err, &tooLong) || tooLong.Size != 9000 || tooLong.Largest < 3000 || tooLong.Largest >= 9000 {
		t.Fatalf("%v, want a TooLongError", err)
	}
	for _, c := range []struct {
		size int
		fits bool
	}{{tooLong.Largest, true}, {tooLong.Largest + 1, false}} {
		cfg.Sizes = load.OneSize(c.size)
		x, err := New(cfg)
		if (err == nil) != c.fits {
			t.Errorf("%d bytes: %v", c.size, err)
		}
		if err == nil {
			x.Close()
		}
	}
}

func TestNewXDPErrors(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	good := Config{
		Profile: load.Profile{
			Src: netip.MustParseAddr("198.18.0.1"), Dst: netip.MustParseAddr("198.18.1.1"),
			Port: traffictest.Port, Flows: 1, Sizes: load.OneSize(64),
		},
		CPU: -1,
	}
	for name, change := range map[string]func(*Config){
		"flows":     func(c *Config) { c.Flows = wire.MaxFlows + 1 },
		"size":      func(c *Config) { c.Sizes = load.OneSize(wire.MinSizeIPv4 - 1) },
		"device":    func(c *Config) { c.Redirect = &Redirect{Src: mac, Dst: mac} },
		"addresses": func(c *Config) { c.Redirect = &Redirect{IfIndex: 1, Src: mac} },
		"namespace": func(c *Config) { c.Enter = func(func() error) error { return os.ErrNotExist } },
	} {
		cfg := good
		change(&cfg)
		if x, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
			x.Close()
		}
	}
}

func TestXDPLoadErrors(t *testing.T) {
	traffictest.RequireRoot(t)
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
	x := newTestXDP(t, routed(bed, false, 1, load.OneSize(64)))
	for _, c := range []struct {
		pps float64
		d   time.Duration
	}{{-1, time.Second}, {2e9, time.Second}, {1, 0}} {
		if _, err := x.Run(t.Context(), load.Load{Pps: c.pps}, c.d); err == nil {
			t.Errorf("%v pps for %v: no error", c.pps, c.d)
		}
	}
}

// A run that the kernel ends before its time is begun again: nothing is lost or comes
// twice, and it is said.
func TestXDPRestarts(t *testing.T) {
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
	sink := newTestSink(t, bed.B(), 1)
	x := newTestXDP(t, redirected(bed, false, 1, load.OneSize(64)))
	x.repeat = 1000
	sent, err := x.Run(t.Context(), load.Load{Pps: 20_000}, 200*time.Millisecond)
	if err != nil || sent.Restarts == 0 {
		t.Fatalf("%d restarts, %v", sent.Restarts, err)
	}
	if c := traffictest.ReadSink(t, bed, sink).Flows(); c.Unique+sent.RingDropped != 4000 || c.Duplicates+c.Reordered != 0 || sent.Offered != 4000 {
		t.Errorf("offered %d, dropped %d, arrived %+v", sent.Offered, sent.RingDropped, c)
	}
}
