package load

import (
	"math/rand/v2"
	"sort"
)

const (
	inOrderRun = 64
	zipfDraws  = 1 << 16
	zipfSeed   = 0x7a697066 // "zipf"
)

// mixLen returns after how many packets the shares are met exactly.
func mixLen(shares []SizeShare) int {
	sum, divisor := 0, 0
	for _, s := range shares {
		sum += s.Weight
		divisor = gcd(divisor, s.Weight)
	}
	return sum / divisor
}

// Plan is the order of flows and sizes, two tables that repeat. A [Walk] is the way
// through it; ../xdp/generator.bpf.c goes the same way.
type Plan struct {
	Flows []uint16
	Run   int     // packets for each entry of Flows
	Sizes []uint8 // indices of Profile.Sizes
	// Shift is how many sizes are left out whenever Flows repeat. It keeps the
	// periods of the two without a common divisor, so that each flow has its share
	// of all sizes.
	Shift int
}

// NewPlan returns the plan of a profile that was checked.
func NewPlan(p *Profile) Plan {
	pl := Plan{Run: 1, Sizes: spreadSizes(p.Sizes)}
	switch p.Order {
	case OrderZipf:
		pl.Flows = drawZipf(p.Flows)
	case OrderInOrder:
		pl.Run = inOrderRun
		fallthrough
	default:
		pl.Flows = make([]uint16, p.Flows)
		for i := range pl.Flows {
			pl.Flows[i] = uint16(i)
		}
	}
	for gcd(len(pl.Flows)*pl.Run+pl.Shift, len(pl.Sizes)) != 1 {
		pl.Shift++
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

// Walk is a way through a plan.
type Walk struct {
	Plan
	flowPos, runPos, sizePos int
}

// NewWalk returns a way through p from its start.
func NewWalk(p Plan) Walk { return Walk{Plan: p} }

// Next returns the flow of the next packet and the index of its size.
func (w *Walk) Next() (flow uint16, share uint8) {
	flow, share = w.Flows[w.flowPos], w.Sizes[w.sizePos]
	if w.runPos++; w.runPos >= w.Run {
		w.runPos = 0
		if w.flowPos++; w.flowPos >= len(w.Flows) {
			w.flowPos = 0
			w.sizePos += w.Shift
		}
	}
	if w.sizePos++; w.sizePos >= len(w.Sizes) {
		w.sizePos -= len(w.Sizes)
	}
	return flow, share
}

// NextRun returns the flow of the next entry, for who sends many packets of it
// together.
func (w *Walk) NextRun() (flow uint16) {
	flow = w.Flows[w.flowPos]
	if w.flowPos++; w.flowPos >= len(w.Flows) {
		w.flowPos = 0
		w.SkipSizes(w.Shift)
	}
	return flow
}

// NextShare returns the index of the next size.
func (w *Walk) NextShare() (share uint8) {
	share = w.Sizes[w.sizePos]
	w.SkipSizes(1)
	return share
}

// SkipSizes leaves out the next n sizes, or takes back the last ones where n is below
// zero.
func (w *Walk) SkipSizes(n int) {
	w.sizePos = (w.sizePos + n%len(w.Sizes) + len(w.Sizes)) % len(w.Sizes)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
