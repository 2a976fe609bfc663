package traffic

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// Generator offers UDP packets that carry a [Stamp]. Several may run at once; Run
// and Close of one are serialised.
type Generator interface {
	// Run offers load for d, or until ctx is done, and returns what it offered;
	// sequence numbers continue from the last run. With a rate the load is open
	// loop: packet k of the plan is due at start + k/rate and carries that time
	// however late it goes out; at maximum load it carries the time of its making.
	//
	// A cancelled run is no error: Duration tells how far it went. An error that
	// lasts ends the run; what was sent until then is returned with it.
	Run(ctx context.Context, load Load, d time.Duration) (Sent, error)
	// Close frees what the generator holds. It is idempotent.
	Close() error
}

// Load is how much to send.
type Load struct {
	Pps     float64 // segments per second over all flows; 0: as many as it can
	Packets uint64  // stop after so many segments; 0: no limit
}

func (l Load) check(d time.Duration) error {
	switch {
	case !(l.Pps >= 0 && l.Pps <= 1e9):
		return fmt.Errorf("load Pps %v: want 0 to 1e9", l.Pps)
	case d <= 0:
		return fmt.Errorf("load duration %v: want more than 0", d)
	}
	return nil
}

// Profile says which packets a [Generator] makes.
type Profile struct {
	Src, Dst netip.Addr
	Port     uint16      // destination; flow i is sent from Port+1+i
	Flows    int         // from 1; the most depends on the generator
	Order    Order       // of the flows; "" is OrderInterleaved
	Sizes    []SizeShare // 1 to MaxShares
}

func (p *Profile) check(maxFlows int) error {
	if err := checkPair(p.Src, p.Dst); err != nil {
		return err
	}
	switch {
	case p.Flows < 1 || p.Flows > maxFlows:
		return fmt.Errorf("generator Flows %d: want 1 to %d", p.Flows, maxFlows)
	case p.Port == 0 || int(p.Port)+p.Flows > 65535:
		return fmt.Errorf("generator Port %d: want 1 to %d with %d flows", p.Port, 65535-p.Flows, p.Flows)
	}
	if err := p.Order.check(); err != nil {
		return err
	}
	return checkShares(p.Sizes, minSize(p.Dst))
}

// longest returns the largest of the sizes.
func (p *Profile) longest() int {
	size := 0
	for _, s := range p.Sizes {
		size = max(size, s.Size)
	}
	return size
}

// payload returns the bytes of UDP payload in a packet of size bytes.
func (p *Profile) payload(size int) int { return size - headerLen(p.Dst) }
