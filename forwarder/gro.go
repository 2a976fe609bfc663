package forwarder

import "tunbench/offload"

// gro coalesces the packets of a batch for as long as that pays.
type gro struct {
	coalescer *offload.Coalescer
	packets   int // in the window
	outputs   int
	rest      int // packets to let through before it is tried again
}

const (
	// groWindow is over how many packets it is judged whether coalescing pays.
	groWindow = 1024
	// groRest is how many packets go as they are after it did not.
	groRest = 64 * groWindow
)

func newGRO(batch, vnetHdrLen int, ethernet bool) *gro {
	return &gro{coalescer: offload.NewCoalescer(offload.CoalesceConfig{
		MaxPackets: batch, VnetHdrLen: vnetHdrLen, Ethernet: ethernet,
	})}
}

// pays says whether a batch of n packets should be coalesced.
func (g *gro) pays(n int) bool {
	if g.rest > 0 {
		g.rest -= n
		return false
	}
	return true
}

// flush returns the outputs of a batch of n packets, valid until the next batch, and of how
// many flows they are. Unless one write in eight is saved, looking for packets that belong
// together costs more than it gains, and there is a rest.
func (g *gro) flush(n int) (outs []offload.Output, flows int) {
	flows = g.coalescer.Flows()
	outs = g.coalescer.Flush()
	g.packets += n
	g.outputs += len(outs)
	if g.packets >= groWindow {
		if g.outputs > g.packets-g.packets/8 {
			g.rest = groRest
		}
		g.packets, g.outputs = 0, 0
	}
	return outs, flows
}
