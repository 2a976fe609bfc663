package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/wire"
)

// MaxSegments is how many segments a superpacket can have (UDP_MAX_SEGMENTS of
// linux/udp.h). Kernels before 6.9 take 64 and answer EINVAL above.
const MaxSegments = 128

// MaxFlows is the highest number of flows of a [Sender]: each is a socket.
const MaxFlows = 4096

// SenderConfig says what a [Sender] sends and from where.
type SenderConfig struct {
	Enter thread.Enter // the namespace of Src
	load.Profile
	Segments int // segments of one superpacket (UDP_SEGMENT), all of one size; 1: none
	CPU      int // the thread runs there only; -1: anywhere
	// Grace is how long after its end a run with a rate may still send what is due; 0: a
	// hundredth of its time, 5 to 20 ms.
	Grace time.Duration
}

func (c *SenderConfig) check() error {
	if err := c.Profile.Check(MaxFlows); err != nil {
		return err
	}
	switch {
	case c.Segments < 1 || c.Segments > MaxSegments:
		return fmt.Errorf("sender Segments %d: want 1 to %d", c.Segments, MaxSegments)
	case c.Segments > 1 && len(c.Sizes) > 1:
		return fmt.Errorf("sender Segments %d of %d sizes: want one size", c.Segments, len(c.Sizes))
	case wire.HeaderLen(c.Dst)+c.Segments*c.Payload(c.Longest()) > wire.MaxSize:
		return fmt.Errorf("sender Segments %d of size %d: want a superpacket of at most %d bytes", c.Segments, c.Longest(), wire.MaxSize)
	}
	return nil
}

// Sender is a [Generator] that sends on connected UDP sockets, one for each flow.
type Sender struct {
	mu      sync.Mutex
	cfg     SenderConfig
	sockets []int
	plan    load.Plan
	batch   *batch
	window  *window
	nextSeq []uint64
}

// NewSender opens the sockets. Errors name the field that cannot be.
func NewSender(cfg SenderConfig) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := newSender(cfg)
	if err := cfg.Enter.Run(s.open); err != nil {
		return nil, errors.Join(fmt.Errorf("open sender: %w", err), s.Close())
	}
	return s, nil
}

// newSender returns a sender without sockets.
func newSender(cfg SenderConfig) *Sender {
	payloads := make([]int, len(cfg.Sizes))
	for i, share := range cfg.Sizes {
		payloads[i] = cfg.Payload(share.Size)
	}
	b := newBatch(cfg.Segments, payloads)
	return &Sender{
		cfg:     cfg,
		plan:    load.NewPlan(&cfg.Profile),
		batch:   b,
		window:  newWindow(cfg.Flows, min(cfg.Flows*b.cap(), maxWindow)),
		nextSeq: make([]uint64, cfg.Flows),
	}
}

func (s *Sender) open() error {
	remote := netip.AddrPortFrom(s.cfg.Dst, s.cfg.Port)
	for i := range s.cfg.Flows {
		local := netip.AddrPortFrom(s.cfg.Src, s.cfg.Port+1+uint16(i))
		fd, err := openUDP(local, remote, unix.SOCK_NONBLOCK)
		if err != nil {
			return fmt.Errorf("flow %d: %w", i, err)
		}
		s.sockets = append(s.sockets, fd)
		if err := growSendBuffer(fd); err != nil {
			return fmt.Errorf("flow %d: set send buffer: %w", i, err)
		}
		if s.cfg.Segments == 1 {
			continue
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT, s.cfg.Payload(s.cfg.Longest())); err != nil {
			return fmt.Errorf("flow %d: set UDP_SEGMENT: %w", i, err)
		}
	}
	return nil
}

// explain says what the kernel means by EIO for a superpacket: before Linux 6.11 it does not segment one itself whose checksum no
// device computes (udp_send_skb in net/ipv4/udp.c).
func (c *SenderConfig) explain(errno unix.Errno) error {
	if errno != unix.EIO || c.Segments == 1 {
		return errno
	}
	return &host.UnsupportedError{Feature: "UDP_SEGMENT over a device without checksum offload", Remedy: "needs Linux 6.11, or another offload= than none", Err: errno}
}

// Run is that of a [Generator].
//
// With a rate, all that are due are sent, in order within their flow; none is
// skipped because others are late. A packet that the kernel refuses (EAGAIN,
// ENOBUFS) is offered again until it is 1 ms late and then counted as not offered.
// What is still due when SenderConfig.Grace is over is not offered either. The packets of a
// superpacket are due together, at the rate divided by their number, and
// load.Load.Packets is rounded up to whole ones.
//
// At maximum load the flows have their turns in the order of the plan, but a batch
// each, stamped just before it is handed over; what the kernel refuses is simply
// not sent.
//
// Errors that last are no route, a packet longer than the MTU, or the device gone.
func (s *Sender) Run(ctx context.Context, l load.Load, d time.Duration) (load.Sent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sockets == nil {
		return load.Sent{}, fmt.Errorf("run sender: %w", os.ErrClosed)
	}
	if err := l.Check(d); err != nil {
		return load.Sent{}, err
	}
	segments := uint64(s.cfg.Segments)
	r := &run{sender: s, walk: load.NewWalk(s.plan), limit: l.Packets / segments}
	if l.Packets%segments != 0 {
		r.limit++
	}
	err := thread.Run(s.cfg.CPU, func() error {
		if l.Pps == 0 {
			return r.flood(ctx, d)
		}
		return r.pace(ctx, load.NewSchedule(l.Pps/float64(segments)), d)
	})
	if err != nil {
		err = fmt.Errorf("run sender: %w", err)
	}
	return r.result(), err
}

// Close closes the sockets. It is idempotent.
func (s *Sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, fd := range slices.Backward(s.sockets) {
		errs = append(errs, unix.Close(fd))
	}
	s.sockets = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close sender: %w", err)
	}
	return nil
}
