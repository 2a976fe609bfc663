package socket

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// pingPongConfig returns the configuration of a run between A and B.
func pingPongConfig(bed *testbed.Testbed, ipv6 bool) PingPongConfig {
	return PingPongConfig{
		Client:     bed.A().Namespace.Do,
		Server:     bed.B().Namespace.Do,
		ClientAddr: traffictest.Address(bed.A(), ipv6),
		ServerAddr: traffictest.Address(bed.B(), ipv6),
		Port:       traffictest.Port,
		Size:       wire.MinSizeIPv6,
		Duration:   100 * time.Millisecond,
		Timeout:    traffictest.Long,
	}
}

func TestPingPongOverVeth(t *testing.T) {
	bed := traffictest.Veth(t)
	for _, ipv6 := range []bool{false, true} {
		before := traffictest.CountFDs(t)
		res, err := RunPingPong(t.Context(), pingPongConfig(bed, ipv6))
		if err != nil {
			t.Fatal(err)
		}
		if res.Answered == 0 || res.Sent != res.Answered || res.Lost != 0 || res.Late != 0 {
			t.Errorf("ipv6=%v: %+v", ipv6, res)
		}
		if n := uint64(res.RTT.TotalCount()); n != res.Answered || res.RTT.Min() <= 0 {
			t.Errorf("ipv6=%v: %d round trips of %d answers, shortest %d ns", ipv6, n, res.Answered, res.RTT.Min())
		}
		if after := traffictest.CountFDs(t); after > before {
			t.Errorf("ipv6=%v: %d files are open, %d were", ipv6, after, before)
		}
	}
}

// A sink leaves pings to another port alone and keeps its counts clean of them.
func TestPingPongPastSink(t *testing.T) {
	bed := traffictest.Veth(t)
	s := newTestSink(t, bed.B(), 1)
	cfg := pingPongConfig(bed, false)
	cfg.Port = traffictest.Port + 1
	res, err := RunPingPong(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c := traffictest.ReadSink(t, bed, s).Total(); c != (sink.CPUCounts{}) {
		t.Errorf("%d pings: the sink counted %+v", res.Sent, c)
	}
}

func TestPingPongSilence(t *testing.T) {
	cfg := pingPongConfig(traffictest.Gap(t), false)
	cfg.Timeout = 20 * time.Millisecond
	res, err := RunPingPong(t.Context(), cfg)
	if !errors.Is(err, ErrSilence) || res.Answered != 0 || res.Sent == 0 || res.Lost != res.Sent {
		t.Errorf("got %+v, %v; want silence", res, err)
	}
}

func TestPingPongCancel(t *testing.T) {
	bed := traffictest.Veth(t)
	cfg := pingPongConfig(bed, false)
	cfg.Duration = time.Hour
	res, err := RunPingPong(traffictest.CancelWhen(t, func() (bool, error) {
		c, err := bed.Counters()
		return c.A.RxPackets > 0, err
	}), cfg)
	if err != nil || res.Answered == 0 {
		t.Errorf("got %+v, %v", res, err)
	}
}

// The answers come from a test that is late, repeats itself and talks nonsense.
func TestPingTellsAnswersApart(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	tv := unix.NsecToTimeval(int64(10 * time.Millisecond))
	if err := unix.SetsockoptTimeval(pair[0], unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		t.Fatal(err)
	}
	answer := func(flow uint16, seq uint64) {
		payload := make([]byte, 36)
		wire.Stamp{Flow: flow, Seq: seq}.Put(payload)
		if _, err := unix.Write(pair[1], payload); err != nil {
			t.Fatal(err)
		}
	}
	p := &pinger{fd: pair[0], out: make([]byte, 36), in: make([]byte, 64), timeout: int64(time.Minute)}
	p.res.RTT = histogram.New()

	p.timeout = int64(10 * time.Millisecond)
	if err := p.ping(t.Context(), thread.Now()); err != nil { // 0: no answer
		t.Fatal(err)
	}
	p.timeout = int64(time.Minute)
	answer(pingFlow, 0)
	answer(3, 1)
	answer(pingFlow, 1)
	if err := p.ping(t.Context(), thread.Now()); err != nil {
		t.Fatal(err)
	}
	if r := p.res; r.Sent != 2 || r.Answered != 1 || r.Lost != 1 || r.Late != 1 || r.RTT.TotalCount() != 1 {
		t.Errorf("got %+v", r)
	}
}

// TestWaitForAnAnswer: before the first one of all ever longer, afterwards for the timeout.
func TestWaitForAnAnswer(t *testing.T) {
	const ms = int64(time.Millisecond)
	for _, test := range []struct {
		timeout        int64
		sent, answered uint64
		want           int64
	}{
		{200 * ms, 1, 0, 200 * ms},
		{200 * ms, 2, 0, 400 * ms},
		{200 * ms, 6, 0, 6400 * ms},
		{200 * ms, 1000, 0, int64(silenceTimeout)},
		{200 * ms, 7, 1, 200 * ms},
		{300_000 * ms, 9, 0, 300_000 * ms},
	} {
		p := pinger{timeout: test.timeout}
		p.res.Sent, p.res.Answered = test.sent, test.answered
		if got := p.wait(); got != test.want {
			t.Errorf("timeout %d ms, %d sent, %d answered: %d ms, want %d", test.timeout/ms, test.sent, test.answered, got/ms, test.want/ms)
		}
	}
}

func TestPingPongConfigErrors(t *testing.T) {
	addr := netip.MustParseAddr("198.18.0.1")
	good := PingPongConfig{ClientAddr: addr, ServerAddr: addr, Port: 1, Size: 64, Duration: 1}
	for name, change := range map[string]func(*PingPongConfig){
		"address":  func(c *PingPongConfig) { c.ClientAddr = netip.IPv6Unspecified() },
		"Port":     func(c *PingPongConfig) { c.Port = 65535 },
		"Size":     func(c *PingPongConfig) { c.Size = wire.MinSizeIPv4 - 1 },
		"Duration": func(c *PingPongConfig) { c.Duration = 0 },
		"Timeout":  func(c *PingPongConfig) { c.Timeout = -1 },
	} {
		cfg := good
		change(&cfg)
		if _, err := RunPingPong(t.Context(), cfg); err == nil {
			t.Errorf("bad %s: no error", name)
		}
	}
}
