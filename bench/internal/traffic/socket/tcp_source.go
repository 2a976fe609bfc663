package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/traffic/thread"
)

// TCPSourceConfig says from where bulk data flows, and where to.
type TCPSourceConfig struct {
	Enter   thread.Enter // the namespace that connects
	Addr    netip.AddrPort
	Streams int
	CC      string // congestion control; empty: the host's default
}

// TCPSent is what the kernel of the sending end says of one stream so far (struct tcp_info of linux/tcp.h).
type TCPSent struct {
	Retransmits uint64        // tcpi_total_retrans
	DataSegsOut uint64        // tcpi_data_segs_out: wire-size segments with data
	RTT         time.Duration // smoothed
}

// TCPSource is the sending end of bulk streams: data flows from its opening to Close. All methods may be called from any goroutine.
type TCPSource interface {
	// Sent returns the state of each stream; it fails when one is broken.
	Sent() ([]TCPSent, error)
	// Broken yields what breaks a stream, as soon as it does; it may be nil.
	Broken() <-chan error
	Close() error
}

// source is a [TCPSource] of connections of this process.
type source struct {
	conns  []*net.TCPConn
	broken chan error
	done   sync.WaitGroup
}

// OpenTCPSource connects all streams, or none, and lets them flow.
func OpenTCPSource(ctx context.Context, cfg TCPSourceConfig) (TCPSource, error) {
	s, err := connect(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	for _, conn := range s.conns {
		s.done.Go(func() { s.broken <- write(conn) })
	}
	return s, nil
}

// connect opens the connections without a byte on them. What it returns must be closed, also where it fails.
func connect(ctx context.Context, cfg TCPSourceConfig) (*source, error) {
	s := &source{broken: make(chan error, cfg.Streams)}
	dialer := net.Dialer{Timeout: connectTimeout, Control: setCC(cfg.CC)}
	for range cfg.Streams {
		err := cfg.Enter.Run(func() error {
			conn, err := dialer.DialContext(ctx, "tcp", cfg.Addr.String())
			if err == nil {
				s.conns = append(s.conns, conn.(*net.TCPConn))
			}
			return err
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// setCC chooses the congestion control of a socket before it connects. The
// sysctl of a namespace would not do: it takes only those that the host allows
// to every user (tcp_set_default_congestion_control in net/ipv4/tcp_cong.c).
func setCC(name string) func(network, address string, c syscall.RawConn) error {
	if name == "" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) (err error) {
		ctlErr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
		})
		if errors.Is(err, unix.ENOENT) {
			return &host.UnsupportedError{Feature: "TCP congestion control " + name, Remedy: "load its module or choose another", Err: err}
		}
		return errors.Join(ctlErr, err)
	}
}

// write sends until the connection is closed.
func write(conn *net.TCPConn) error {
	buf := make([]byte, tcpBuffer)
	for {
		if _, err := conn.Write(buf); err != nil {
			return err
		}
	}
}

func (s *source) Broken() <-chan error { return s.broken }

func (s *source) Sent() ([]TCPSent, error) {
	sent := make([]TCPSent, len(s.conns))
	for i, conn := range s.conns {
		info, err := tcpInfo(conn)
		if err != nil {
			return nil, fmt.Errorf("read TCP_INFO of stream %d: %w", i, err)
		}
		sent[i] = TCPSent{
			Retransmits: uint64(info.Total_retrans),
			DataSegsOut: uint64(info.Data_segs_out),
			RTT:         time.Duration(info.Rtt) * time.Microsecond,
		}
	}
	return sent, nil
}

// Close drops the connections, with what is queued in them: with no linger time they are reset, so that nothing goes on in the
// devices. Errors mean that one is gone already.
func (s *source) Close() error {
	for _, conn := range s.conns {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
	s.done.Wait()
	return nil
}

func tcpInfo(conn *net.TCPConn) (info *unix.TCPInfo, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	ctlErr := raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	})
	return info, errors.Join(ctlErr, err)
}
