package load

import (
	"fmt"
	"net/netip"

	"tunbench/bench/internal/traffic/wire"
)

// Profile says which packets a [Generator] makes.
type Profile struct {
	Src, Dst netip.Addr
	Port     uint16      // destination; flow i is sent from Port+1+i
	Flows    int         // from 1; the most depends on the generator
	Order    Order       // of the flows; "" is OrderInterleaved
	Sizes    []SizeShare // 1 to MaxShares
}

// Check reports a profile that cannot be, of up to maxFlows flows.
func (p *Profile) Check(maxFlows int) error {
	if err := CheckPair(p.Src, p.Dst); err != nil {
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
	return checkShares(p.Sizes, wire.MinSize(p.Dst))
}

// Longest returns the largest of the sizes.
func (p *Profile) Longest() int {
	size := 0
	for _, s := range p.Sizes {
		size = max(size, s.Size)
	}
	return size
}

// Payload returns the bytes of UDP payload in a packet of size bytes.
func (p *Profile) Payload(size int) int { return size - wire.HeaderLen(p.Dst) }

// CheckPair reports addresses that cannot be the two ends of a path.
func CheckPair(src, dst netip.Addr) error {
	if !src.IsValid() || !dst.IsValid() || src.Is4() != dst.Is4() {
		return fmt.Errorf("addresses %v and %v: want two of one family", src, dst)
	}
	return nil
}

// Order is the sequence in which flows have their turns.
type Order string

// The orders.
const (
	// OrderInterleaved is packet by packet, each flow in turn.
	OrderInterleaved Order = "interleaved"
	// OrderInOrder is 64 packets of one flow before the next one's turn.
	OrderInOrder Order = "inorder"
	// OrderZipf draws the flow of each packet: flow i with a probability that is
	// proportional to 1/(i+1). The same number of flows gives the same draws, which
	// repeat after 65,536 packets.
	OrderZipf Order = "zipf"
)

func (o Order) check() error {
	switch o {
	case "", OrderInterleaved, OrderInOrder, OrderZipf:
		return nil
	}
	return fmt.Errorf("generator Order %q: want %s, %s or %s", string(o), OrderInterleaved, OrderInOrder, OrderZipf)
}

// SizeShare is one size of a mix and how often it comes.
type SizeShare struct {
	Size   int // bytes of the IP packet on the wire
	Weight int // packets of this size among the sum of all weights; from 1
}

// MaxShares is how many sizes a mix can have.
const MaxShares = 8

// MaxMix is after how many packets a mix must repeat at the latest.
// ../xdp/generator.bpf.c holds as many.
const MaxMix = 1024

// OneSize is the mix of a single size.
func OneSize(size int) []SizeShare { return []SizeShare{{Size: size, Weight: 1}} }

func checkShares(shares []SizeShare, least int) error {
	if len(shares) < 1 || len(shares) > MaxShares {
		return fmt.Errorf("generator Sizes: %d of them, want 1 to %d", len(shares), MaxShares)
	}
	for _, s := range shares {
		if s.Size < least || s.Size > wire.MaxSize {
			return fmt.Errorf("generator size %d: want %d to %d bytes", s.Size, least, wire.MaxSize)
		}
		if s.Weight < 1 || s.Weight > MaxMix {
			return fmt.Errorf("generator size %d has weight %d: want 1 to %d", s.Size, s.Weight, MaxMix)
		}
	}
	if n := mixLen(shares); n > MaxMix {
		return fmt.Errorf("generator Sizes repeat after %d packets: want weights with a sum of at most %d", n, MaxMix)
	}
	return nil
}
