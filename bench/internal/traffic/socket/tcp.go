package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"tunbench/bench/internal/traffic/thread"
)

// MaxStreams is the highest number of TCP streams of one run.
const MaxStreams = 1024

// connectTimeout is how long a path that does not forward is waited for.
const connectTimeout = 10 * time.Second

// TCPConfig says between which ends bulk data flows: from the client to the
// server. The other direction is a second Bulk with the ends exchanged, both
// directions are two at once on different ports.
type TCPConfig struct {
	Client, Server thread.Enter // their namespaces
	Addr           netip.Addr   // of the server
	Port           uint16       // of the server
	Streams        int          // 1 to MaxStreams
	CC             string       // congestion control; empty: the host's default

	// OpenTarget and OpenSource open the receiving and the sending end; nil: [OpenTCPTarget] and [OpenTCPSource].
	OpenTarget func(context.Context, TCPTargetConfig) (TCPTarget, error)
	OpenSource func(context.Context, TCPSourceConfig) (TCPSource, error)
}

func (c *TCPConfig) check() error {
	switch {
	case !c.Addr.IsValid():
		return errors.New("TCP Addr is not set")
	case c.Port == 0:
		return errors.New("TCP Port 0: want 1 to 65535")
	case c.Streams < 1 || c.Streams > MaxStreams:
		return fmt.Errorf("TCP Streams %d: want 1 to %d", c.Streams, MaxStreams)
	}
	return nil
}

// TCPResult is what was received within the window, and what the senders' kernel
// says of it (struct tcp_info of linux/tcp.h, differences over the window).
type TCPResult struct {
	TCPCounts
	Start     int64         // of the window, by the clock of the receiving end (CLOCK_MONOTONIC in ns)
	Duration  time.Duration // of the window, as it was, by the same clock
	RTT       time.Duration // smoothed, at the end; the mean of the streams
	PerStream []TCPCounts
}

// TCPCounts is the part of one stream, or of all.
type TCPCounts struct {
	Bytes       uint64 // received by the application
	Retransmits uint64 // tcpi_total_retrans
	DataSegsOut uint64 // tcpi_data_segs_out: wire-size segments with data
}

// Bulk is open streams on which data flows from client to server as fast as it
// goes, until Close. Run is for one goroutine; Close may be called from any.
type Bulk struct {
	source TCPSource
	target TCPTarget
}

// OpenBulk connects all streams and lets them flow. It fails when one cannot
// connect within seconds, or when ctx is done before.
func OpenBulk(ctx context.Context, cfg TCPConfig) (*Bulk, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	b, err := openBulk(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect TCP: %w", err)
	}
	return b, nil
}

func openBulk(ctx context.Context, cfg TCPConfig) (b *Bulk, err error) {
	openTarget, openSource := cfg.OpenTarget, cfg.OpenSource
	if openTarget == nil {
		openTarget = OpenTCPTarget
	}
	if openSource == nil {
		openSource = OpenTCPSource
	}
	addr := netip.AddrPortFrom(cfg.Addr, cfg.Port)
	b = &Bulk{}
	if b.target, err = openTarget(ctx, TCPTargetConfig{Enter: cfg.Server, Addr: addr, Streams: cfg.Streams}); err != nil {
		return nil, err
	}
	if b.source, err = openSource(ctx, TCPSourceConfig{Enter: cfg.Client, Addr: addr, Streams: cfg.Streams, CC: cfg.CC}); err != nil {
		return nil, errors.Join(err, b.target.Close())
	}
	return b, nil
}

// Run measures what flows for d from now on, or until ctx is done: Duration tells
// how long. It fails when a stream breaks, or none receives anything, for which it waits two seconds more.
func (b *Bulk) Run(ctx context.Context, d time.Duration) (TCPResult, error) {
	if d <= 0 {
		return TCPResult{}, fmt.Errorf("TCP duration %v: want more than 0", d)
	}
	res, err := b.measure(ctx, d)
	if err != nil {
		return TCPResult{}, fmt.Errorf("run TCP: %w", err)
	}
	return res, nil
}

// bulkState is one reading of both ends.
type bulkState struct {
	received TCPReceived
	sent     []TCPSent
}

func (b *Bulk) read() (s bulkState, err error) {
	if s.received, err = b.target.Received(); err != nil {
		return s, err
	}
	s.sent, err = b.source.Sent()
	return s, err
}

func (b *Bulk) measure(ctx context.Context, d time.Duration) (TCPResult, error) {
	before, err := b.read()
	if err != nil {
		return TCPResult{}, err
	}
	if err := b.pause(ctx, d); err != nil {
		return TCPResult{}, err
	}
	after, err := b.read()
	// On a starved machine the first byte may take longer than all the time there is.
	for end := time.Now().Add(silenceTimeout); err == nil && ctx.Err() == nil && slices.Equal(after.received.Bytes, before.received.Bytes) && time.Now().Before(end); {
		if err = b.pause(ctx, 10*time.Millisecond); err == nil {
			after, err = b.read()
		}
	}
	if err != nil {
		return TCPResult{}, err
	}

	res := TCPResult{Start: before.received.At, Duration: time.Duration(after.received.At - before.received.At)}
	for i, sent := range after.sent {
		c := TCPCounts{
			Bytes:       after.received.Bytes[i] - before.received.Bytes[i],
			Retransmits: sent.Retransmits - before.sent[i].Retransmits,
			DataSegsOut: sent.DataSegsOut - before.sent[i].DataSegsOut,
		}
		res.PerStream = append(res.PerStream, c)
		res.add(c)
		res.RTT += sent.RTT / time.Duration(len(after.sent))
	}
	if res.Bytes == 0 && ctx.Err() == nil {
		return TCPResult{}, fmt.Errorf("%w on %d streams in %v", ErrSilence, len(after.sent), res.Duration)
	}
	return res, nil
}

// Close drops all streams, with what is still queued in them. It may be called
// again.
func (b *Bulk) Close() {
	_ = b.source.Close()
	_ = b.target.Close()
}

// pause waits for d or the end of ctx; a broken stream is an error.
func (b *Bulk) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return nil
	case err := <-b.source.Broken():
		return err
	case err := <-b.target.Broken():
		return err
	}
}

func (c *TCPCounts) add(d TCPCounts) {
	c.Bytes += d.Bytes
	c.Retransmits += d.Retransmits
	c.DataSegsOut += d.DataSegsOut
}
