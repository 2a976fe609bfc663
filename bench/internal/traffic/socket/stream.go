package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/traffic/thread"
)

// tcpBuffer is how many bytes one write or read moves at most. Over veth 64 KiB
// and 256 KiB are a sixth slower.
const tcpBuffer = 128 << 10

// stream is one TCP connection, both ends of it.
type stream struct {
	client, server *net.TCPConn
	received       atomic.Uint64
}

// connectStreams opens all streams or none.
func connectStreams(ctx context.Context, cfg TCPConfig) (streams []*stream, err error) {
	defer func() {
		if err != nil {
			for _, s := range streams {
				s.close()
			}
		}
	}()
	addr := netip.AddrPortFrom(cfg.Addr, cfg.Port)
	listener, err := listenTCP(ctx, cfg.Server, addr)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	for range cfg.Streams {
		s, err := connectStream(ctx, cfg, listener)
		if err != nil {
			return streams, err
		}
		streams = append(streams, s)
	}
	return streams, nil
}

func listenTCP(ctx context.Context, enter thread.Enter, addr netip.AddrPort) (*net.TCPListener, error) {
	var lc net.ListenConfig
	// MPTCP, Go's default for listeners, would be another protocol than asked for.
	lc.SetMultipathTCP(false)
	var l net.Listener
	err := enter.Run(func() (err error) {
		l, err = lc.Listen(ctx, "tcp", addr.String())
		return err
	})
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// connectStream makes one connection to listener.
func connectStream(ctx context.Context, cfg TCPConfig, listener *net.TCPListener) (*stream, error) {
	dialer := net.Dialer{Timeout: connectTimeout, Control: setCC(cfg.CC)}
	var conn net.Conn
	err := cfg.Client.Run(func() (err error) {
		conn, err = dialer.DialContext(ctx, "tcp", listener.Addr().String())
		return err
	})
	if err != nil {
		return nil, err
	}
	s := &stream{client: conn.(*net.TCPConn)}
	if err := listener.SetDeadline(time.Now().Add(connectTimeout)); err != nil {
		s.close()
		return nil, err
	}
	if s.server, err = listener.AcceptTCP(); err != nil {
		s.close()
		return nil, err
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

// write sends until the stream is closed.
func (s *stream) write() error {
	buf := make([]byte, tcpBuffer)
	for {
		if _, err := s.client.Write(buf); err != nil {
			return err
		}
	}
}

// read receives until the stream is closed.
func (s *stream) read() error {
	buf := make([]byte, tcpBuffer)
	for {
		n, err := s.server.Read(buf)
		s.received.Add(uint64(n))
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
}

// close drops the connection and what is queued in it. It wakes write and read.
func (s *stream) close() {
	// With no linger time the client resets the connection, so that nothing of it
	// goes on in the devices. Errors mean that it is gone already.
	_ = s.client.SetLinger(0)
	_ = s.client.Close()
	if s.server != nil {
		_ = s.server.Close()
	}
}

// streamState is one reading of a stream.
type streamState struct {
	counts TCPCounts
	rtt    time.Duration
}

func readStreams(streams []*stream) ([]streamState, error) {
	states := make([]streamState, len(streams))
	for i, s := range streams {
		states[i].counts.Bytes = s.received.Load()
	}
	for i, s := range streams {
		info, err := tcpInfo(s.client)
		if err != nil {
			return nil, fmt.Errorf("read TCP_INFO of stream %d: %w", i, err)
		}
		states[i].counts.Retransmits = uint64(info.Total_retrans)
		states[i].counts.DataSegsOut = uint64(info.Data_segs_out)
		states[i].rtt = time.Duration(info.Rtt) * time.Microsecond
	}
	return states, nil
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
