package socket

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/wire"
)

// receiveBuffer is what is asked for as the socket's receive buffer, as a program
// would that wants to lose nothing.
const receiveBuffer = 4 << 20

// Sink is a [sink.Sink] that is a UDP socket and a thread that reads it. It has
// no UDP_GRO: the kernel then opens superpackets, and what it drops it counts in
// segments.
type Sink struct {
	cfg    sink.Config
	socket int
	inbox  *inbox
	tid    int // of the thread
	// closing tells the thread that what wakes it is the end.
	closing atomic.Bool
	done    chan struct{} // closed when the thread has ended
	close   func() error  // once

	mu       sync.Mutex // guards what follows
	closed   bool
	err      error // why the thread ended too early
	epoch    int64 // when the present load began; 0: there was none before it
	counts   sink.CPUCounts
	flows    []sink.Window
	latency  *hdrhistogram.Histogram
	reads    uint64 // system calls
	overflow uint64
	drops    uint32 // the kernel's count at the last look
}

// NewSink starts to receive at cfg.Addr and cfg.Port.
func NewSink(cfg sink.Config) (*Sink, error) {
	if err := checkSink(&cfg); err != nil {
		return nil, err
	}
	s := &Sink{
		cfg:     cfg,
		inbox:   newInbox(),
		done:    make(chan struct{}),
		flows:   make([]sink.Window, cfg.Flows),
		latency: histogram.New(),
	}
	s.close = sync.OnceValue(s.shut)
	err := cfg.Enter.Run(func() (err error) {
		s.socket, err = listenUDP(netip.AddrPortFrom(cfg.Addr, cfg.Port))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start sink: %w", err)
	}
	ready := make(chan struct{})
	go s.run(ready)
	select {
	case <-ready:
		return s, nil
	case <-s.done:
		return nil, errors.Join(fmt.Errorf("start sink: %w", s.err), s.Close())
	}
}

func checkSink(cfg *sink.Config) error {
	if !cfg.Addr.IsValid() {
		return errors.New("sink Addr: want an address to listen on")
	}
	return cfg.Check()
}

// listenUDP returns a blocking UDP socket bound to local.
func listenUDP(local netip.AddrPort) (fd int, err error) {
	family := unix.AF_INET6
	if local.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return -1, fmt.Errorf("open UDP socket: %w", err)
	}
	// A user without CAP_NET_ADMIN gets up to net.core.rmem_max.
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer)
	if err != nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	if err == nil {
		err = unix.Bind(fd, sockaddr(local))
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("listen on %v: %w", local, err)
	}
	return fd, nil
}

// run reads on a thread of its own, which has begun when ready is closed.
func (s *Sink) run(ready chan<- struct{}) {
	defer close(s.done)
	err := thread.Run(s.cfg.CPU, func() error {
		s.tid = unix.Gettid()
		close(ready)
		return s.serve()
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// serve counts what comes until shut.
func (s *Sink) serve() error {
	for {
		n, errno := s.inbox.receive(s.socket)
		if s.closing.Load() {
			return nil
		}
		if errno != 0 && errno != unix.EINTR {
			return os.NewSyscallError("recvmmsg", errno)
		}
		s.take(n, thread.Now())
	}
}

// take counts n messages that came at now.
func (s *Sink) take(n int, now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	for i := range n {
		s.takeSegment(s.inbox.message(i), now)
	}
}

func (s *Sink) takeSegment(payload []byte, now int64) {
	stamp, verdict := sink.Judge(payload, s.cfg.Flows, s.cfg.Verify)
	switch verdict {
	case sink.Corrupt:
		s.counts.Corrupt++
		return
	case sink.Foreign:
		s.counts.Foreign++
		return
	}
	if s.isEarlier(stamp) {
		s.counts.Earlier++
		return
	}
	s.counts.Skbs++
	s.counts.Segments++
	s.counts.Bytes += uint64(wire.HeaderLen(s.cfg.Addr) + len(payload))
	s.flows[stamp.Flow].Record(stamp.Seq)

	ns := stamp.Age(now)
	if ns < 0 {
		s.counts.NegativeLatency++
	}
	if ns > histogram.Max {
		s.counts.ClampedLatency++
	}
	histogram.Record(s.latency, ns, 1)
}

// isEarlier tells whether a packet belongs to a load before the present one. The caller
// holds mu.
func (s *Sink) isEarlier(stamp wire.Stamp) bool {
	return s.epoch != 0 && stamp.Age(s.epoch) > 0
}

// Begin is that of a [sink.Sink].
func (s *Sink) Begin() error { return s.BeginAt(thread.Now()) }

// BeginAt is that of a [sink.Sink].
func (s *Sink) BeginAt(epoch int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.readable("begin a load at sink"); err != nil {
		return err
	}
	s.epoch = epoch
	return nil
}

// Read is that of a [sink.Sink].
func (s *Sink) Read() (sink.Counts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.readable("read sink"); err != nil {
		return sink.Counts{}, err
	}
	if err := s.lookAtDrops(); err != nil {
		return sink.Counts{}, err
	}
	c := sink.Counts{
		PerCPU:   []sink.CPUCounts{s.counts},
		PerFlow:  make([]sink.FlowCounts, len(s.flows)),
		Latency:  histogram.Import(slices.Clone(s.latency.Export().Counts)),
		Overflow: s.overflow,
	}
	for i := range s.flows {
		c.PerFlow[i] = s.flows[i].Counts
	}
	return c, nil
}

// Received is that of a [sink.Sink].
func (s *Sink) Received() (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts.Segments, s.readable("read sink")
}

func (s *Sink) Cost() (sink.Cost, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.readable("read sink's cost"); err != nil {
		return sink.Cost{}, err
	}
	// What pthread_getcpuclockid makes of a thread's number.
	const perThread, sched = 4, 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^s.tid<<3|perThread|sched), &ts); err != nil {
		return sink.Cost{}, fmt.Errorf("read CPU time of sink's thread: %w", err)
	}
	return sink.Cost{Runs: s.reads, Time: time.Duration(ts.Nano())}, nil
}

// readable tells why there is nothing to read any more. The caller holds mu.
func (s *Sink) readable(what string) error {
	switch {
	case s.closed:
		return fmt.Errorf("%s: %w", what, os.ErrClosed)
	case s.err != nil:
		return fmt.Errorf("%s: %w", what, s.err)
	}
	return nil
}

// lookAtDrops adds what the socket dropped since the last look. The caller holds
// mu.
func (s *Sink) lookAtDrops() error {
	drops, err := socketDrops(s.socket)
	if err != nil {
		return err
	}
	s.overflow += uint64(drops - s.drops) // modulo 2^32, as the kernel counts
	s.drops = drops
	return nil
}

// Close is that of a [sink.Sink].
func (s *Sink) Close() error { return s.close() }

// shut wakes the thread, waits until it has ended, and closes the socket.
func (s *Sink) shut() error {
	s.closing.Store(true)
	// It answers ENOTCONN on a socket without a peer, and wakes its readers
	// nevertheless (inet_shutdown in net/ipv4/af_inet.c).
	_ = unix.Shutdown(s.socket, unix.SHUT_RD)
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if err := unix.Close(s.socket); err != nil {
		return fmt.Errorf("close sink: %w", err)
	}
	return nil
}
