package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/wire"
)

const (
	// answerTimeout is how long one answer is waited for by default.
	answerTimeout = 200 * time.Millisecond
	// silenceTimeout is how long the first answer of all, or the first byte of TCP, is waited for.
	silenceTimeout = 10 * time.Second
	// pingFlow is the flow number of a ping, which no load has.
	pingFlow = 0xffff
)

// ErrSilence says that not one packet was answered, or one byte received.
var ErrSilence = errors.New("nothing arrives")

// PingPongConfig says between which ends one packet goes back and forth.
type PingPongConfig struct {
	Client, Server         thread.Enter // their namespaces
	ClientAddr, ServerAddr netip.Addr
	Port                   uint16        // of the server; the client has the next
	Size                   int           // bytes of the IP packet, from MinSizeIPv4 or MinSizeIPv6
	Duration               time.Duration // how long to go on
	CPU                    int           // both ends run there only; -1: anywhere
	Timeout                time.Duration // after which a packet is lost, but before the first answer; 0: 200 ms

	// Answer opens what sends packets back, and its Close ends that; nil: an [Echo] at Server.
	Answer func(server, client netip.AddrPort) (io.Closer, error)
}

func (c *PingPongConfig) check() error {
	if err := load.CheckPair(c.ClientAddr, c.ServerAddr); err != nil {
		return err
	}
	least := wire.MinSize(c.ServerAddr)
	switch {
	case c.Port == 0 || c.Port == 65535:
		return fmt.Errorf("ping-pong Port %d: want 1 to 65534", c.Port)
	case c.Size < least || c.Size > wire.MaxSize:
		return fmt.Errorf("ping-pong Size %d: want %d to %d bytes", c.Size, least, wire.MaxSize)
	case c.Duration <= 0:
		return fmt.Errorf("ping-pong Duration %v: want more than 0", c.Duration)
	case c.Timeout < 0:
		return fmt.Errorf("ping-pong Timeout %v: want 0 or more", c.Timeout)
	}
	return nil
}

// PingPongResult is what came of the packets.
type PingPongResult struct {
	Start    int64                   // CLOCK_MONOTONIC in ns
	Duration time.Duration           // as it was
	RTT      *hdrhistogram.Histogram // round trips in ns, as the client's thread sees them
	Sent     uint64                  // Sent = Answered + Lost
	Answered uint64                  // within the timeout
	Lost     uint64                  // not answered in time
	Late     uint64                  // answers to another packet than the one in flight
}

// RunPingPong keeps one UDP packet in flight between client and server for the
// configured time. Both ends block in the kernel while they wait, on threads of
// their own. A lost packet is counted and the next one is sent. When ctx is done
// it returns what was measured. It fails with ErrSilence when nothing was
// answered within ten seconds.
func RunPingPong(ctx context.Context, cfg PingPongConfig) (PingPongResult, error) {
	if err := cfg.check(); err != nil {
		return PingPongResult{}, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = answerTimeout
	}
	res, err := pingPong(ctx, cfg)
	if err != nil {
		return res, fmt.Errorf("run ping-pong: %w", err)
	}
	return res, nil
}

func pingPong(ctx context.Context, cfg PingPongConfig) (PingPongResult, error) {
	clientAddr := netip.AddrPortFrom(cfg.ClientAddr, cfg.Port+1)
	serverAddr := netip.AddrPortFrom(cfg.ServerAddr, cfg.Port)
	answer := cfg.Answer
	if answer == nil {
		answer = func(server, client netip.AddrPort) (io.Closer, error) {
			return OpenEcho(EchoConfig{Enter: cfg.Server, Server: server, Client: client, CPU: cfg.CPU})
		}
	}
	server, err := answer(serverAddr, clientAddr)
	if err != nil {
		return PingPongResult{}, err
	}
	client, err := openBlocking(cfg.Client, clientAddr, serverAddr, cfg.Timeout)
	if err != nil {
		return PingPongResult{}, errors.Join(err, server.Close())
	}
	defer unix.Close(client)

	p := &pinger{
		fd:      client,
		out:     make([]byte, cfg.Size-wire.HeaderLen(cfg.ServerAddr)),
		in:      make([]byte, wire.MaxSize),
		timeout: int64(cfg.Timeout),
	}
	p.res.RTT = histogram.New()
	err = thread.Run(cfg.CPU, func() error { return p.run(ctx, cfg.Duration) })
	return p.res, errors.Join(err, server.Close())
}

// openBlocking returns a connected UDP socket whose reads end after timeout.
func openBlocking(enter thread.Enter, local, remote netip.AddrPort, timeout time.Duration) (fd int, err error) {
	err = enter.Run(func() (err error) {
		fd, err = openUDP(local, remote, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	tv := unix.NsecToTimeval(max(timeout, time.Microsecond).Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("set receive timeout: %w", err)
	}
	return fd, nil
}

// passing tells whether a blocking socket can go on after err. A refused
// connection is what an earlier packet met, before the other end was there.
func passing(err error) bool {
	errno, ok := err.(unix.Errno)
	return ok && (transient(errno) || errno == unix.ECONNREFUSED)
}

// pinger is the client's state, used by its thread alone.
type pinger struct {
	fd      int
	out, in []byte
	timeout int64 // ns
	res     PingPongResult
}

func (p *pinger) run(ctx context.Context, d time.Duration) error {
	p.res.Start = thread.Now()
	now := p.res.Start
	for ctx.Err() == nil {
		// On a starved machine the first answer may take longer than all the time there is.
		limit := d
		if p.res.Answered == 0 {
			limit = silenceTimeout
		}
		if now-p.res.Start >= int64(limit) {
			break
		}
		if err := p.ping(ctx, now); err != nil {
			return err
		}
		now = thread.Now()
	}
	p.res.Duration = time.Duration(now - p.res.Start)
	if p.res.Answered == 0 && ctx.Err() == nil {
		return fmt.Errorf("%w in answer to %d packets in %v", ErrSilence, p.res.Sent, p.res.Duration.Round(time.Millisecond))
	}
	return nil
}

// wait is how long the answer to a packet is waited for. Before the first one of all it doubles, for on a starved
// machine each answer may come after the timeout.
func (p *pinger) wait() int64 {
	if p.res.Answered > 0 {
		return p.timeout
	}
	return min(p.timeout<<min(p.res.Sent-1, 10), max(p.timeout, int64(silenceTimeout)))
}

// ping sends the next packet and waits for its answer.
func (p *pinger) ping(ctx context.Context, now int64) error {
	seq := p.res.Sent
	wire.Stamp{Flow: pingFlow, Seq: seq, Intended: uint64(now)}.Put(p.out)
	p.res.Sent++
	if _, err := unix.Write(p.fd, p.out); err != nil && !passing(err) {
		return fmt.Errorf("send packet: %w", err)
	}
	wait := p.wait()
	for sent := now; now-sent < p.timeout || now-sent < wait && ctx.Err() == nil; {
		n, err := unix.Read(p.fd, p.in)
		now = thread.Now()
		if err != nil && !passing(err) {
			return fmt.Errorf("receive answer: %w", err)
		}
		if err != nil {
			continue
		}
		answer, err := wire.ParseStamp(p.in[:n])
		switch {
		case err != nil || answer.Flow != pingFlow:
			continue
		case answer.Seq != seq:
			p.res.Late++
			continue
		}
		p.res.Answered++
		histogram.Record(p.res.RTT, now-sent, 1)
		return nil
	}
	p.res.Lost++
	return nil
}
