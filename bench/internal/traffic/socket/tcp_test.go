package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/traffictest"
)

// bulkConfig is for streams from A to B.
func bulkConfig(bed *testbed.Testbed, ipv6 bool, streams int) TCPConfig {
	return TCPConfig{
		Client:  bed.A().Namespace.Do,
		Server:  bed.B().Namespace.Do,
		Addr:    traffictest.Address(bed.B(), ipv6),
		Port:    traffictest.Port,
		Streams: streams,
	}
}

func TestTCPOverVeth(t *testing.T) {
	bed := traffictest.Veth(t)
	for _, ipv6 := range []bool{false, true} {
		for _, streams := range []int{1, 4} {
			t.Run(fmt.Sprintf("ipv6=%v/streams=%d", ipv6, streams), func(t *testing.T) {
				b := openFlow(t, bulkConfig(bed, ipv6, streams))
				const window = 100 * time.Millisecond
				res, err := b.Run(t.Context(), window)
				for d := window; errors.Is(err, ErrSilence) && d < traffictest.Long; d *= 2 { // nobody had a CPU
					res, err = b.Run(t.Context(), d)
				}
				if err != nil {
					t.Fatal(err)
				}
				b.Close()
				if res.Duration < window || res.RTT <= 0 || len(res.PerStream) != streams {
					t.Errorf("got %+v", res)
				}
				var sum TCPCounts
				for _, s := range res.PerStream {
					sum.add(s)
				}
				if sum != res.TCPCounts {
					t.Errorf("streams add up to %+v, total is %+v", sum, res.TCPCounts)
				}
				// A segment holds 1448 bytes. What was sent before the window and received in it
				// counts on one side only: no more than the buffers hold.
				const buffers = 16 << 20
				if sent := 1448*res.DataSegsOut + uint64(streams)*buffers; sent < res.Bytes {
					t.Errorf("%d bytes in %d segments", res.Bytes, res.DataSegsOut)
				}
			})
		}
	}
}

// openFlow lets streams flow until the test ends.
func openFlow(tb testing.TB, cfg TCPConfig) *Bulk {
	tb.Helper()
	b, err := OpenBulk(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	return b
}

func TestTCPFailures(t *testing.T) {
	bed := traffictest.Gap(t)
	nowhere := bulkConfig(bed, false, 1)
	wrong := bulkConfig(bed, false, 1)
	wrong.Addr = traffictest.Address(bed.A(), false) // not an address of the server
	for name, cfg := range map[string]TCPConfig{"path": nowhere, "listen": wrong} {
		t.Run(name, func(t *testing.T) {
			before := traffictest.CountFDs(t)
			ctx, cancel := context.WithTimeout(t.Context(), traffictest.Long)
			defer cancel()
			if b, err := OpenBulk(ctx, cfg); err == nil || ctx.Err() != nil {
				if b != nil {
					b.Close()
				}
				t.Errorf("got %v, want an error of its own", err)
			}
			if after := traffictest.CountFDs(t); after > before {
				t.Errorf("%d files are open, %d were", after, before)
			}
		})
	}
}

// silentSource connects and writes nothing.
func silentSource(ctx context.Context, cfg TCPSourceConfig) (TCPSource, error) {
	s, err := connect(ctx, cfg)
	return s, err
}

// Streams that are open and move nothing are an error, not a zero.
func TestTCPStall(t *testing.T) {
	bed := traffictest.Veth(t)
	cfg := bulkConfig(bed, false, 2)
	cfg.Port, cfg.OpenSource = traffictest.Port+1, silentSource
	if _, err := openFlow(t, cfg).Run(t.Context(), 100*time.Millisecond); !errors.Is(err, ErrSilence) {
		t.Errorf("no byte moved: got %v, want ErrSilence", err)
	}
}

func TestTCPBrokenStream(t *testing.T) {
	bed := traffictest.Veth(t)
	cfg := bulkConfig(bed, false, 1)
	cfg.OpenSource = silentSource
	b := openFlow(t, cfg)
	if err := b.source.(*source).conns[0].Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Run(t.Context(), time.Hour); err == nil || errors.Is(err, ErrSilence) {
		t.Errorf("Run = %v, want what broke the stream", err)
	}
}

// A cancelled run tells how far it came. Where it was cancelled before its first byte, the
// next one has more time.
func TestTCPCancel(t *testing.T) {
	bed := traffictest.Veth(t)
	b := openFlow(t, bulkConfig(bed, false, 1))
	for least := uint64(1 << 20); least < 1<<34; least *= 8 {
		before, err := b.read()
		if err != nil {
			t.Fatal(err)
		}
		res, err := b.Run(traffictest.CancelWhen(t, func() (bool, error) {
			now, err := b.read()
			return err != nil || now.received.Bytes[0]-before.received.Bytes[0] >= least, err
		}), time.Hour)
		if err != nil || res.Duration >= time.Hour {
			t.Fatalf("got %+v, %v", res, err)
		}
		if res.Bytes > 0 {
			return
		}
	}
	t.Error("no run tells how far it came")
}

func TestTCPConfigErrors(t *testing.T) {
	good := TCPConfig{Addr: netip.MustParseAddr("198.18.0.1"), Port: 1, Streams: 1}
	for name, change := range map[string]func(*TCPConfig){
		"Addr":    func(c *TCPConfig) { c.Addr = netip.Addr{} },
		"Port":    func(c *TCPConfig) { c.Port = 0 },
		"Streams": func(c *TCPConfig) { c.Streams = MaxStreams + 1 },
	} {
		cfg := good
		change(&cfg)
		if err := cfg.check(); err == nil {
			t.Errorf("bad %s: no error", name)
		}
	}
}

// BenchmarkTCP reports the throughput of a veth pair.
func BenchmarkTCP(b *testing.B) {
	for _, streams := range []int{1, 4} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			bed := traffictest.Veth(b)
			bulk := openFlow(b, bulkConfig(bed, false, streams))
			if _, err := bulk.Run(b.Context(), 200*time.Millisecond); err != nil {
				b.Fatal(err)
			}
			var bits, seconds float64
			for b.Loop() {
				res, err := bulk.Run(b.Context(), time.Second)
				if err != nil {
					b.Fatal(err)
				}
				bits += 8 * float64(res.Bytes)
				seconds += res.Duration.Seconds()
			}
			b.ReportMetric(bits/seconds/1e9, "Gbit/s")
		})
	}
}
