package traffic

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
)

// MaxSegments is how many segments a superpacket can have (UDP_MAX_SEGMENTS of
// linux/udp.h). Kernels before 6.9 take 64 and answer EINVAL above.
const MaxSegments = 128

// SenderConfig says what a [Sender] sends and from where.
type SenderConfig struct {
	Enter    Enter // the namespace of Src
	Src, Dst netip.Addr
	Port     uint16 // destination; flow i is sent from Port+1+i
	Flows    int    // 1 to MaxFlows
	Size     int    // bytes of every IP packet on the wire, from MinSizeIPv4 or MinSizeIPv6
	Segments int    // segments of one superpacket (UDP_SEGMENT); 1: none
	CPU      int    // the thread runs there only; -1: anywhere
}

func (c *SenderConfig) check() error {
	if err := checkPair(c.Src, c.Dst); err != nil {
		return err
	}
	least := minSize(c.Dst)
	switch {
	case c.Flows < 1 || c.Flows > MaxFlows:
		return fmt.Errorf("sender Flows %d: want 1 to %d", c.Flows, MaxFlows)
	case c.Port == 0 || int(c.Port)+c.Flows > 65535:
		return fmt.Errorf("sender Port %d: want 1 to %d with %d flows", c.Port, 65535-c.Flows, c.Flows)
	case c.Size < least || c.Size > MaxSize:
		return fmt.Errorf("sender Size %d: want %d to %d bytes", c.Size, least, MaxSize)
	case c.Segments < 1 || c.Segments > MaxSegments:
		return fmt.Errorf("sender Segments %d: want 1 to %d", c.Segments, MaxSegments)
	case headerLen(c.Dst)+c.Segments*c.payload() > MaxSize:
		return fmt.Errorf("sender Segments %d of Size %d: want a superpacket of at most %d bytes", c.Segments, c.Size, MaxSize)
	}
	return nil
}

// payload returns the bytes of UDP payload in each segment.
func (c *SenderConfig) payload() int { return c.Size - headerLen(c.Dst) }

// Load is how much to send.
type Load struct {
	Pps float64 // segments per second over all flows; 0: as many as it can
}

// Sender sends UDP packets of one size on connected sockets, one for each flow.
// Several Senders may run at once; Run and Close of one are serialised.
type Sender struct {
	mu      sync.Mutex
	cfg     SenderConfig
	sockets []int
	batch   *batch
	nextSeq []uint64
}

// NewSender opens the sockets. Errors name the field that cannot be.
func NewSender(cfg SenderConfig) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := newSender(cfg)
	if err := cfg.Enter.run(s.open); err != nil {
		return nil, errors.Join(fmt.Errorf("open sender: %w", err), s.Close())
	}
	return s, nil
}

// newSender returns a sender without sockets.
func newSender(cfg SenderConfig) *Sender {
	return &Sender{
		cfg:     cfg,
		batch:   newBatch(cfg.Segments, cfg.payload()),
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
		if err := unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT, s.cfg.payload()); err != nil {
			return fmt.Errorf("flow %d: set UDP_SEGMENT: %w", i, err)
		}
	}
	return nil
}

// Run offers load for d, or until ctx is done, and returns what it offered;
// sequence numbers continue from the last run.
//
// With a rate the load is open loop: packet k is due at start + k/rate, belongs
// to flow k modulo flows, and carries that time however late it goes out. All
// that are due are sent, in order within their flow; none is skipped because
// others are late. A packet that the kernel refuses (EAGAIN, ENOBUFS) is offered
// again until it is 1 ms late and then counted as not offered. What is still due
// 20 ms after the end is not offered either. The packets of a superpacket are
// due together, at the rate divided by their number.
//
// At maximum load the flows take turns, a batch each, stamped just before it is
// handed over; what the kernel refuses is simply not sent.
//
// A cancelled run is no error: Duration tells how far it went. An error that
// lasts (no route, packet longer than the MTU, device gone) ends the run; what
// was sent until then is returned with it.
func (s *Sender) Run(ctx context.Context, load Load, d time.Duration) (Sent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.sockets == nil:
		return Sent{}, fmt.Errorf("run sender: %w", os.ErrClosed)
	case !(load.Pps >= 0 && load.Pps <= 1e9):
		return Sent{}, fmt.Errorf("load Pps %v: want 0 to 1e9", load.Pps)
	case d <= 0:
		return Sent{}, fmt.Errorf("load duration %v: want more than 0", d)
	}
	r := &run{sender: s}
	err := onThread(s.cfg.CPU, func() error {
		if load.Pps == 0 {
			return r.flood(ctx, d)
		}
		return r.pace(ctx, newSchedule(load.Pps/float64(s.cfg.Segments)), d)
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
