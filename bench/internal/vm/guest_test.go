package vm

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/socket"
)

const (
	port = 10000
	// long is a limit far above what any machine needs.
	long = time.Minute
)

// set builds a scene whose end B is a guest.
func set(t *testing.T) (*testbed.Testbed, *Guest) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	cfg := testbed.Config{Topology: testbed.Bridge, Guest: true}
	scene, err := testbed.Up(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := scene.Down(); err != nil {
			t.Error(err)
		}
	})
	g, err := Join(t.Context(), startProcess(t, scene), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	if err := scene.WaitCarrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	return scene, g
}

// TestGuest drives every kind of load into a guest and out of it.
func TestGuest(t *testing.T) {
	scene, g := set(t)
	a, b := scene.A(), scene.B()
	t.Run("udp in", func(t *testing.T) {
		in, err := g.Sink(SinkOrder{Kind: traffic.SinkTCX, Port: port, Flows: 2, Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		out, err := socket.NewSender(socket.SenderConfig{Enter: a.Namespace.Do, Profile: profile(a, b), Segments: 1, CPU: anyCPU})
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, out, in)
	})
	t.Run("udp out", func(t *testing.T) {
		local, err := traffic.NewSink(traffic.SinkTCX, sink.Config{
			Enter: a.Namespace.Do, IfIndex: a.IfIndex, Ethernet: true, Port: port, Flows: 2, Verify: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := g.Generator(GeneratorOrder{Profile: profile(b, a), Segments: 1})
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, out, g.FromGuest(local))
	})
	t.Run("ping-pong", func(t *testing.T) {
		r, err := socket.RunPingPong(t.Context(), socket.PingPongConfig{
			Client: a.Namespace.Do, ClientAddr: a.Addr, ServerAddr: b.Addr, Port: port, Size: 64, Duration: 50 * time.Millisecond, Timeout: long, CPU: anyCPU, Answer: g.Echo,
		})
		if err != nil || r.Answered == 0 {
			t.Errorf("%+v, %v", r, err)
		}
	})
	for name, cfg := range map[string]socket.TCPConfig{
		"tcp in":  {Client: a.Namespace.Do, Addr: b.Addr, OpenTarget: g.Target},
		"tcp out": {Server: a.Namespace.Do, Addr: a.Addr, OpenSource: g.Source},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Port, cfg.Streams = port, 2
			bulk, err := socket.OpenBulk(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer bulk.Close()
			r, err := bulk.Run(t.Context(), 100*time.Millisecond)
			for d := time.Second; errors.Is(err, socket.ErrSilence) && d < long; d *= 2 { // nobody had a CPU
				r, err = bulk.Run(t.Context(), d)
			}
			if err != nil || r.Bytes == 0 || r.Duration <= 0 || len(r.PerStream) != 2 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	c, err := g.Counters()
	if err != nil || c.Link.RxPackets == 0 || c.Link.TxPackets == 0 || len(c.Stack) == 0 {
		t.Errorf("counters of the guest: %+v, %v", c, err)
	}
}

func profile(from, to *testbed.End) load.Profile {
	return load.Profile{Src: from.Addr, Dst: to.Addr, Port: port, Flows: 2, Sizes: load.OneSize(64)}
}

// deliver sends two loads, and expects every packet of the second in its own counts, though the two ends have two clocks.
func deliver(t *testing.T, out load.Generator, in sink.Sink) {
	t.Helper()
	defer in.Close()
	defer out.Close()
	for range 2 {
		if err := in.Begin(); err != nil {
			t.Fatal(err)
		}
		before, err := in.Read()
		if err != nil {
			t.Fatal(err)
		}
		sent, err := out.Run(t.Context(), load.Load{Pps: 2000, Packets: 100}, long)
		if err != nil || sent.Offered == 0 || sent.Lateness == nil {
			t.Fatalf("%+v, %v", sent, err)
		}
		var got sink.Counts
		for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			now, err := in.Read()
			if err != nil {
				t.Fatal(err)
			}
			if got = now.Sub(before); got.Flows().Unique >= sent.Offered {
				break
			}
		}
		if f, total := got.Flows(), got.Total(); f.Unique != sent.Offered || total.Earlier != 0 || total.NegativeLatency != 0 || got.Latency.TotalCount() != 0 {
			t.Errorf("%d sent; flows %+v, total %+v, %d latencies", sent.Offered, f, total, got.Latency.TotalCount())
		}
	}
}

// TestGuestStopsSending: a run in the guest ends with its context.
func TestGuestStopsSending(t *testing.T) {
	scene, g := set(t)
	out, err := g.Generator(GeneratorOrder{Profile: profile(scene.B(), scene.A()), Segments: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if sent, err := out.Run(ctx, load.Load{Pps: 1000}, time.Hour); err != nil || sent.Duration >= time.Hour {
		t.Errorf("%+v, %v", sent, err)
	}
}

// TestGuestThatDies: every call says that the guest ended, and what was open can be closed.
func TestGuestThatDies(t *testing.T) {
	_, g := set(t)
	s, err := g.Sink(SinkOrder{Kind: traffic.SinkTCX, Port: port, Flows: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.peer.(*process).cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(); !errors.Is(err, errGuestEnded) {
		t.Errorf("Read = %v, want that the guest ended", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if _, err := g.Echo(netip.AddrPort{}, netip.AddrPort{}); !errors.Is(err, errGuestEnded) {
		t.Errorf("Echo = %v, want that the guest ended", err)
	}
}

// TestErrorsOfAGuest: what a kernel cannot do is no failure of the guest.
func TestErrorsOfAGuest(t *testing.T) {
	if err := decodeError(encodeError(&host.Unfit{Missing: "X", Remedy: "Y"})); !host.Cannot(err) {
		t.Errorf("%v is no host.Cannot", err)
	}
	if err := decodeError(encodeError(errors.New("x"))); host.Cannot(err) || err.Error() != "x" {
		t.Errorf("%v", err)
	}
}
