package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"tunbench/bench/internal/traffic/thread"
)

// tcpBuffer is how many bytes one write or read moves at most. Over veth 64 KiB
// and 256 KiB are a sixth slower.
const tcpBuffer = 128 << 10

// TCPTargetConfig says where bulk data arrives.
type TCPTargetConfig struct {
	Enter   thread.Enter // the namespace of Addr
	Addr    netip.AddrPort
	Streams int
}

// TCPReceived is one reading of the receiving end.
type TCPReceived struct {
	At    int64    // CLOCK_MONOTONIC of the receiving end in ns
	Bytes []uint64 // received by the application on each stream so far, in the order of connecting
}

// TCPTarget is the receiving end of bulk streams. All methods may be called from any goroutine.
type TCPTarget interface {
	// Received fails when a stream is broken.
	Received() (TCPReceived, error)
	// Broken yields what breaks a stream, as soon as it does; it may be nil.
	Broken() <-chan error
	Close() error
}

// target is a [TCPTarget] of connections of this process.
type target struct {
	listener *net.TCPListener
	received []atomic.Uint64
	broken   chan error
	done     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	conns  []*net.TCPConn
	closed bool
}

// OpenTCPTarget listens, and takes as many connections as there are streams.
func OpenTCPTarget(ctx context.Context, cfg TCPTargetConfig) (TCPTarget, error) {
	var lc net.ListenConfig
	// MPTCP, Go's default for listeners, would be another protocol than asked for.
	lc.SetMultipathTCP(false)
	t := &target{received: make([]atomic.Uint64, cfg.Streams), broken: make(chan error, cfg.Streams+1)}
	err := cfg.Enter.Run(func() error {
		l, err := lc.Listen(ctx, "tcp", cfg.Addr.String())
		if err == nil {
			t.listener = l.(*net.TCPListener)
		}
		return err
	})
	if err != nil {
		return nil, err // and no TCPTarget that holds a nil pointer
	}
	t.done.Go(t.accept)
	return t, nil
}

// accept takes the connections and lets each be read.
func (t *target) accept() {
	for i := range t.received {
		conn, err := t.listener.AcceptTCP()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				t.broken <- fmt.Errorf("accept stream %d: %w", i, err)
			}
			return
		}
		if !t.keep(conn) {
			_ = conn.Close()
			return
		}
		t.done.Go(func() { t.broken <- read(conn, &t.received[i]) })
	}
	_ = t.listener.Close()
}

// keep notes a connection for Close; it fails when that was called.
func (t *target) keep(conn *net.TCPConn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.conns = append(t.conns, conn)
	}
	return !t.closed
}

// read receives until the connection is closed.
func read(conn *net.TCPConn, received *atomic.Uint64) error {
	buf := make([]byte, tcpBuffer)
	for {
		n, err := conn.Read(buf)
		received.Add(uint64(n))
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
}

func (t *target) Broken() <-chan error { return t.broken }

func (t *target) Received() (TCPReceived, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return TCPReceived{}, os.ErrClosed
	}
	r := TCPReceived{At: thread.Now(), Bytes: make([]uint64, len(t.received))}
	for i := range t.received {
		r.Bytes[i] = t.received[i].Load()
	}
	return r, nil
}

func (t *target) Close() error {
	t.mu.Lock()
	t.closed = true
	_ = t.listener.Close()
	for _, conn := range t.conns {
		_ = conn.Close()
	}
	t.mu.Unlock()
	t.done.Wait()
	return nil
}
