package vm

import (
	"context"
	"io"
	"net/netip"
	"time"

	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/traffic/thread"
)

// Sink opens a sink at the guest's NIC for packets of the host. It knows no latencies.
func (g *Guest) Sink(o SinkOrder) (sink.Sink, error) {
	r, err := g.open(context.Background(), "OpenSink", o)
	if err != nil {
		return nil, err
	}
	return remoteSink{r}, nil
}

// remoteSink is a [sink.Sink] in the guest.
type remoteSink struct{ remote }

func (s remoteSink) Begin() error { return s.BeginAt(thread.Now()) }

func (s remoteSink) BeginAt(epoch int64) error {
	return s.guest.call(context.Background(), "BeginSink", SinkBegin{s.handle, epoch}, &None{})
}

func (s remoteSink) Read() (sink.Counts, error) {
	var c SinkCounts
	err := s.guest.call(context.Background(), "ReadSink", s.handle, &c)
	return c.counts(), err
}

func (s remoteSink) Received() (uint64, error) {
	c, err := s.Read()
	return c.Total().Segments, err
}

// Cost is not measured.
func (s remoteSink) Cost() (sink.Cost, error) { return sink.Cost{}, nil }

// FromGuest makes a sink of this host one for packets of the guest, which are stamped by the guest's clock. It knows no latencies.
func (g *Guest) FromGuest(s sink.Sink) sink.Sink { return localSink{s, g} }

type localSink struct {
	sink.Sink
	guest *Guest
}

func (s localSink) Begin() error {
	now, err := s.guest.now()
	if err != nil {
		return err
	}
	return s.BeginAt(now)
}

func (s localSink) Read() (sink.Counts, error) {
	c, err := s.Sink.Read()
	if err != nil {
		return c, err
	}
	return oneClock(c).counts(), nil
}

// Generator opens sockets in the guest that send.
func (g *Guest) Generator(o GeneratorOrder) (load.Generator, error) {
	r, err := g.open(context.Background(), "OpenGenerator", o)
	if err != nil {
		return nil, err
	}
	return remoteGenerator{r}, nil
}

// stopPause is how long a run may take to begin before it is told once more to stop.
const stopPause = 100 * time.Millisecond

// remoteGenerator is a [load.Generator] in the guest. Its times are by the guest's clock.
type remoteGenerator struct{ remote }

func (g remoteGenerator) Run(ctx context.Context, l load.Load, d time.Duration) (load.Sent, error) {
	var r RunReply
	over := make(chan struct{})
	defer close(over)
	defer context.AfterFunc(ctx, func() {
		for { // the agent may not have begun the run yet: it serves calls in any order
			_ = g.guest.call(context.Background(), "StopGenerator", g.handle, &None{}) // a guest that is gone has stopped
			select {
			case <-over:
				return
			case <-time.After(stopPause):
			}
		}
	})()
	if err := g.guest.callWithin(context.WithoutCancel(ctx), d+patience, "RunGenerator", RunOrder{g.handle, l, d}, &r); err != nil {
		return load.Sent{}, err
	}
	return r.result()
}

// Echo has the guest answer the packets of one client, until what it returns is closed.
func (g *Guest) Echo(server, client netip.AddrPort) (io.Closer, error) {
	return g.open(context.Background(), "OpenEcho", EchoOrder{Server: server, Client: client})
}

// Target opens the receiving end of TCP streams in the guest.
func (g *Guest) Target(ctx context.Context, cfg socket.TCPTargetConfig) (socket.TCPTarget, error) {
	r, err := g.open(ctx, "OpenTarget", StreamsOrder{Addr: cfg.Addr, Streams: cfg.Streams})
	if err != nil {
		return nil, err
	}
	return remoteTarget{r}, nil
}

type remoteTarget struct{ remote }

func (t remoteTarget) Broken() <-chan error { return nil }

func (t remoteTarget) Received() (r socket.TCPReceived, err error) {
	err = t.guest.call(context.Background(), "ReadTarget", t.handle, &r)
	return r, err
}

// Source opens the sending end of TCP streams in the guest.
func (g *Guest) Source(ctx context.Context, cfg socket.TCPSourceConfig) (socket.TCPSource, error) {
	r, err := g.open(ctx, "OpenSource", StreamsOrder{Addr: cfg.Addr, Streams: cfg.Streams, CC: cfg.CC})
	if err != nil {
		return nil, err
	}
	return remoteSource{r}, nil
}

type remoteSource struct{ remote }

func (s remoteSource) Broken() <-chan error { return nil }

func (s remoteSource) Sent() (sent []socket.TCPSent, err error) {
	err = s.guest.call(context.Background(), "ReadSource", s.handle, &sent)
	return sent, err
}
