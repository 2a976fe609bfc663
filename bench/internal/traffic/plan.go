package traffic

import (
	"fmt"
	"math/rand/v2"
	"sort"
)

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

const (
	inOrderRun = 64
	zipfDraws  = 1 << 16
	zipfSeed   = 0x7a697066 // "zipf"
)

// SizeShare is one size of a mix and how often it comes.
type SizeShare struct {
	Size   int // bytes of the IP packet on the wire
	Weight int // packets of this size among the sum of all weights; from 1
}

// MaxShares is how many sizes a mix can have.
const MaxShares = 8

// maxMix is after how many packets a mix must repeat. generator.bpf.c holds as many.
const maxMix = 1024

// OneSize is the mix of a single size.
func OneSize(size int) []SizeShare { return []SizeShare{{Size: size, Weight: 1}} }

func checkShares(shares []SizeShare, least int) error {
	if len(shares) < 1 || len(shares) > MaxShares {
		return fmt.Errorf("generator Sizes: %d of them, want 1 to %d", len(shares), MaxShares)
	}
	for _, s := range shares {
		if s.Size < least || s.Size > MaxSize {
			return fmt.Errorf("generator size %d: want %d to %d bytes", s.Size, least, MaxSize)
		}
		if s.Weight < 1 || s.Weight > maxMix {
			return fmt.Errorf("generator size %d has weight %d: want 1 to %d", s.Size, s.Weight, maxMix)
		}
	}
	if n := mixLen(shares); n > maxMix {
		return fmt.Errorf("generator Sizes repeat after %d packets: want weights with a sum of at most %d", n, maxMix)
	}
	return nil
}

// mixLen returns after how many packets the shares are met exactly.
func mixLen(shares []SizeShare) int {
	sum, divisor := 0, 0
	for _, s := range shares {
		sum += s.Weight
		divisor = gcd(divisor, s.Weight)
	}
	return sum / divisor
}

// plan is the order of flows and sizes, two tables that repeat. generator.bpf.c
// walks it as planWalk does.
type plan struct {
	flows []uint16
	run   int     // packets for each entry of flows
	sizes []uint8 // indices of Profile.Sizes
	// shift is how many sizes are left out whenever flows repeat. It keeps the
	// periods of the two without a common divisor, so that each flow has its share
	// of all sizes.
	shift int
}

// newPlan returns the plan of a profile that was checked.
func newPlan(p *Profile) plan {
	pl := plan{run: 1, sizes: spreadSizes(p.Sizes)}
	switch p.Order {
	case OrderZipf:
		pl.flows = drawZipf(p.Flows)
	case OrderInOrder:
		pl.run = inOrderRun
		fallthrough
	default:
		pl.flows = make([]uint16, p.Flows)
		for i := range pl.flows {
			pl.flows[i] = uint16(i)
		}
	}
	for gcd(len(pl.flows)*pl.run+pl.shift, len(pl.sizes)) != 1 {
		pl.shift++
	}
	return pl
}

// spreadSizes returns the indices of the shares, each as often as its weight says
// and as evenly spread as can be: the next is always the one most behind.
func spreadSizes(shares []SizeShare) []uint8 {
	n := mixLen(shares)
	sum := 0
	for _, s := range shares {
		sum += s.Weight
	}
	credit := make([]int, len(shares))
	sizes := make([]uint8, n)
	for k := range sizes {
		best := 0
		for i, s := range shares {
			if credit[i] += s.Weight; credit[i] > credit[best] {
				best = i
			}
		}
		credit[best] -= sum
		sizes[k] = uint8(best)
	}
	return sizes
}

// drawZipf returns flows drawn with probabilities proportional to 1/(i+1).
func drawZipf(flows int) []uint16 {
	upTo := make([]float64, flows) // sum of the weights of all flows up to this one
	sum := 0.0
	for i := range upTo {
		sum += 1 / float64(i+1)
		upTo[i] = sum
	}
	rnd := rand.New(rand.NewPCG(zipfSeed, uint64(flows)))
	draws := make([]uint16, zipfDraws)
	for i := range draws {
		draws[i] = uint16(min(sort.SearchFloat64s(upTo, rnd.Float64()*sum), flows-1))
	}
	return draws
}

// planWalk is a way through a plan, from its start.
type planWalk struct {
	plan
	flowPos, runPos, sizePos int
}

// next returns the flow of the next packet and the index of its size.
func (w *planWalk) next() (flow uint16, share uint8) {
	flow, share = w.flows[w.flowPos], w.sizes[w.sizePos]
	if w.runPos++; w.runPos >= w.run {
		w.runPos = 0
		if w.flowPos++; w.flowPos >= len(w.flows) {
			w.flowPos = 0
			w.sizePos += w.shift
		}
	}
	if w.sizePos++; w.sizePos >= len(w.sizes) {
		w.sizePos -= len(w.sizes)
	}
	return flow, share
}

// nextRun returns the flow of the next entry, for who sends many packets of it
// together.
func (w *planWalk) nextRun() (flow uint16) {
	flow = w.flows[w.flowPos]
	if w.flowPos++; w.flowPos >= len(w.flows) {
		w.flowPos = 0
		w.skipSizes(w.shift)
	}
	return flow
}

// nextShare returns the index of the next size.
func (w *planWalk) nextShare() (share uint8) {
	share = w.sizes[w.sizePos]
	w.skipSizes(1)
	return share
}

// skipSizes leaves out the next n sizes, or takes back the last ones where n is below
// zero.
func (w *planWalk) skipSizes(n int) {
	w.sizePos = (w.sizePos + n%len(w.sizes) + len(w.sizes)) % len(w.sizes)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
