package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"sync"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/traffic/thread"
)

// anyCPU lets a thread run on every CPU of the guest.
const anyCPU = -1

// Serve is the agent: it answers the harness on conn until that ends, and then closes what is open. The network namespace of this
// process becomes an end of a scene.
func Serve(conn io.ReadWriteCloser) error {
	a := &Agent{open: map[Handle]io.Closer{}}
	server := rpc.NewServer()
	if err := server.RegisterName(serviceName, a); err != nil {
		return fmt.Errorf("offer the agent's methods: %w", err)
	}
	server.ServeConn(conn)
	return a.closeAll()
}

// Agent has the methods that the harness calls. Those that open something return a Handle, which Close takes.
type Agent struct {
	mu    sync.Mutex
	guest *testbed.Guest
	open  map[Handle]io.Closer
	last  Handle
}

// Join makes the guest end B of a scene.
func (a *Agent) Join(cfg testbed.Config, _ *None) error {
	g, err := testbed.JoinAsGuest(context.Background(), cfg)
	if err != nil {
		return encodeError(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.guest = g
	return nil
}

// joined returns the end, which Join must have made.
func (a *Agent) joined() (*testbed.Guest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.guest == nil {
		return nil, errors.New("the guest has not joined a scene")
	}
	return a.guest, nil
}

// Now reads the guest's CLOCK_MONOTONIC in ns.
func (a *Agent) Now(_ None, now *int64) error {
	*now = thread.Now()
	return nil
}

// Counters reads those of the NIC and the IP stack.
func (a *Agent) Counters(_ None, c *Counters) error {
	g, err := a.joined()
	if err == nil {
		c.Link, c.Stack, err = g.Counters()
	}
	return encodeError(err)
}

// OpenSink starts to count at the NIC.
func (a *Agent) OpenSink(o SinkOrder, h *Handle) error {
	g, err := a.joined()
	if err != nil {
		return err
	}
	end := g.End()
	addr := end.Addr
	if o.IPv6 {
		addr = end.Addr6
	}
	s, err := traffic.NewSink(o.Kind, sink.Config{
		IfIndex: end.IfIndex, Ethernet: end.Ethernet, Addr: addr, Port: o.Port, Flows: o.Flows, Verify: o.Verify, CPU: anyCPU,
	})
	return a.keep(s, err, h)
}

// BeginSink begins a load.
func (a *Agent) BeginSink(b SinkBegin, _ *None) error {
	s, err := find[sink.Sink](a, b.Sink)
	if err == nil {
		err = s.BeginAt(b.Epoch)
	}
	return encodeError(err)
}

// ReadSink reads all counts.
func (a *Agent) ReadSink(h Handle, c *SinkCounts) error {
	s, err := find[sink.Sink](a, h)
	if err != nil {
		return err
	}
	counts, err := s.Read()
	if err == nil {
		*c = oneClock(counts)
	}
	return encodeError(err)
}

// OpenGenerator opens sockets that send.
func (a *Agent) OpenGenerator(o GeneratorOrder, h *Handle) error {
	s, err := socket.NewSender(socket.SenderConfig{Profile: o.Profile, Segments: o.Segments, CPU: anyCPU})
	if err != nil {
		return encodeError(err)
	}
	return a.keep(&generator{Sender: s}, nil, h)
}

// generator is a sender whose run can be stopped from another call.
type generator struct {
	*socket.Sender
	mu   sync.Mutex
	stop context.CancelFunc // of the present run; nil: none
}

func (g *generator) run(o RunOrder) (load.Sent, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g.mu.Lock()
	g.stop = cancel
	g.mu.Unlock()
	return g.Run(ctx, o.Load, o.Duration)
}

// RunGenerator offers a load and returns when the last packet was sent.
func (a *Agent) RunGenerator(o RunOrder, r *RunReply) error {
	g, err := find[*generator](a, o.Generator)
	if err != nil {
		return err
	}
	*r = newRunReply(g.run(o))
	return nil
}

// StopGenerator ends the run of a generator before its time.
func (a *Agent) StopGenerator(h Handle, _ *None) error {
	g, err := find[*generator](a, h)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stop != nil {
		g.stop()
	}
	return nil
}

// OpenEcho starts to answer a client.
func (a *Agent) OpenEcho(o EchoOrder, h *Handle) error {
	e, err := socket.OpenEcho(socket.EchoConfig{Server: o.Server, Client: o.Client, CPU: anyCPU})
	return a.keep(e, err, h)
}

// OpenTarget listens for TCP streams.
func (a *Agent) OpenTarget(o StreamsOrder, h *Handle) error {
	t, err := socket.OpenTCPTarget(context.Background(), socket.TCPTargetConfig{Addr: o.Addr, Streams: o.Streams})
	return a.keep(t, err, h)
}

// ReadTarget reads what TCP streams received.
func (a *Agent) ReadTarget(h Handle, r *socket.TCPReceived) error {
	t, err := find[socket.TCPTarget](a, h)
	if err != nil {
		return err
	}
	if err := broken(t); err != nil {
		return err
	}
	*r, err = t.Received()
	return err
}

// OpenSource connects TCP streams and lets them flow.
func (a *Agent) OpenSource(o StreamsOrder, h *Handle) error {
	s, err := socket.OpenTCPSource(context.Background(), socket.TCPSourceConfig{Addr: o.Addr, Streams: o.Streams, CC: o.CC})
	return a.keep(s, err, h)
}

// ReadSource reads what TCP streams sent.
func (a *Agent) ReadSource(h Handle, sent *[]socket.TCPSent) error {
	s, err := find[socket.TCPSource](a, h)
	if err != nil {
		return err
	}
	if err := broken(s); err != nil {
		return err
	}
	*sent, err = s.Sent()
	return err
}

// broken is what broke a stream meanwhile.
func broken(end interface{ Broken() <-chan error }) error {
	select {
	case err := <-end.Broken():
		return err
	default:
		return nil
	}
}

// Close closes what a handle stands for. A handle that is closed is no error.
func (a *Agent) Close(h Handle, _ *None) error {
	a.mu.Lock()
	c := a.open[h]
	delete(a.open, h)
	a.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.Close()
}

// keep gives what was opened a handle.
func (a *Agent) keep(c io.Closer, err error, h *Handle) error {
	if err != nil {
		return encodeError(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	a.open[a.last] = c
	*h = a.last
	return nil
}

func find[T any](a *Agent, h Handle) (found T, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, is := a.open[h].(T)
	if !is {
		return found, fmt.Errorf("the guest has no %T of number %d open", found, h)
	}
	return found, nil
}

func (a *Agent) closeAll() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for h, c := range a.open {
		errs = append(errs, c.Close())
		delete(a.open, h)
	}
	if a.guest != nil {
		a.guest.Close()
		a.guest = nil
	}
	return errors.Join(errs...)
}
