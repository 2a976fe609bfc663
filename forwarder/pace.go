package forwarder

// pace decides how many packets a direction asks for. It starts with one, so that a
// packet that comes alone is on its way before anybody looks for a second; as long as
// every read finds a packet it asks for twice as many.
type pace struct {
	limit int  // Config.Batch
	alone bool // moving packets together gains nothing
	idle  bool // the last reads found nothing
	short bool // they found less than was asked for
	ready bool // the poller says that the device has packets
	want  int  // at the next turn
	asked int  // at the last turn
	roof  int  // most packets of a batch, wherever they come from
}

const (
	// usualBatch is the most packets to ask for unless they are of more than fewFlows
	// flows: of each it makes runs that are long enough, and a longer batch would only
	// make its first packet wait longer for the last.
	usualBatch = 256
	fewFlows   = 8

	// superLimit is the most superpackets to have in memory: more of them fall out of
	// the second-level cache before they are written.
	superLimit = 16
)

// next returns how many packets to ask for in the next exchange: none of a device that had
// fewer than it was asked for, until the poller says that it has some. An empty read costs a
// third of a packet.
func (p *pace) next() int {
	if p.short && !p.ready {
		return p.ask(0)
	}
	return p.ask(p.want)
}

// ask fixes how many packets are asked for in the next exchange, whatever next would say.
func (p *pace) ask(n int) int {
	p.ready, p.asked = false, n
	return n
}

// learn takes the number of packets that the last exchange brought. Of the batch that they
// went out with, supers were superpackets, and those that were coalesced of so many flows.
func (p *pace) learn(n, supers, flows int) {
	p.roof = p.most(supers, flows)
	if p.asked == 0 {
		return
	}
	p.idle, p.short = n == 0, n < p.asked
	switch {
	case p.alone:
		p.want = 1
	case n == 0:
		p.want = 1
	case n >= p.asked:
		p.want = 2 * p.asked
	default:
		p.want = n + n/4 + 1
	}
	p.want = min(p.want, p.roof)
}

// most returns how many packets may be asked for after what the last exchange brought.
func (p *pace) most(supers, flows int) int {
	switch {
	case supers > 0:
		return min(p.limit, superLimit)
	case flows > fewFlows:
		return p.limit
	}
	return min(p.limit, usualBatch)
}
