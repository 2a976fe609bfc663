package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"tunbench/bench/internal/traffic/thread"
)

// MaxStreams is the highest number of TCP streams of one run.
const MaxStreams = 1024

// connectTimeout is how long a path that does not forward is waited for.
const connectTimeout = 3 * time.Second

// TCPConfig says between which ends bulk data flows: from the client to the
// server. The other direction is a second Bulk with the ends exchanged, both
// directions are two at once on different ports.
type TCPConfig struct {
	Client, Server thread.Enter // their namespaces
	Addr           netip.Addr   // of the server
	Port           uint16       // of the server
	Streams        int          // 1 to MaxStreams
	CC             string       // congestion control; empty: the host's default
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
	Start     int64         // of the window, CLOCK_MONOTONIC in ns
	Duration  time.Duration // of the window, as it was
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
	streams []*stream
	broken  chan error
	done    sync.WaitGroup
}

// OpenBulk connects all streams and lets them flow. It fails when one cannot
// connect within seconds, or when ctx is done before.
func OpenBulk(ctx context.Context, cfg TCPConfig) (*Bulk, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	streams, err := connectStreams(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect TCP: %w", err)
	}
	b := &Bulk{streams: streams, broken: make(chan error, 2*len(streams))}
	for _, s := range streams {
		b.done.Go(func() { b.broken <- s.write() })
		b.done.Go(func() { b.broken <- s.read() })
	}
	return b, nil
}

// Run measures what flows for d from now on, or until ctx is done: Duration tells
// how long. It fails when a stream breaks, or none receives anything.
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

func (b *Bulk) measure(ctx context.Context, d time.Duration) (TCPResult, error) {
	start := thread.Now()
	before, err := readStreams(b.streams)
	if err != nil {
		return TCPResult{}, err
	}
	if err := pause(ctx, d, b.broken); err != nil {
		return TCPResult{}, err
	}
	end := thread.Now()
	after, err := readStreams(b.streams)
	if err != nil {
		return TCPResult{}, err
	}

	res := TCPResult{Start: start, Duration: time.Duration(end - start)}
	for i := range b.streams {
		c := after[i].counts.sub(before[i].counts)
		res.PerStream = append(res.PerStream, c)
		res.add(c)
		res.RTT += after[i].rtt / time.Duration(len(b.streams))
	}
	if res.Bytes == 0 && ctx.Err() == nil {
		return TCPResult{}, fmt.Errorf("%w on %d streams in %v", ErrSilence, len(b.streams), res.Duration)
	}
	return res, nil
}

// Close drops all streams, with what is still queued in them. It may be called
// again.
func (b *Bulk) Close() {
	for _, s := range b.streams {
		s.close()
	}
	b.done.Wait()
}

// pause waits for d or the end of ctx; a broken stream is an error.
func pause(ctx context.Context, d time.Duration, broken <-chan error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return nil
	case err := <-broken:
		return err
	}
}

func (c *TCPCounts) add(d TCPCounts) {
	c.Bytes += d.Bytes
	c.Retransmits += d.Retransmits
	c.DataSegsOut += d.DataSegsOut
}

func (c TCPCounts) sub(prev TCPCounts) TCPCounts {
	return TCPCounts{
		Bytes:       c.Bytes - prev.Bytes,
		Retransmits: c.Retransmits - prev.Retransmits,
		DataSegsOut: c.DataSegsOut - prev.DataSegsOut,
	}
}
