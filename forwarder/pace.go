package forwarder

// pace decides how many packets a direction asks for. It starts with one, so that a
// packet that comes alone is on its way before anybody looks for a second; as long as
// every read finds a packet it asks for twice as many.
type pace struct {
	limit int  // Config.Batch
	alone bool // moving packets together gains nothing
	idle  bool // the last reads found nothing
	empty bool // the device says that it has nothing now
	turns int  // since an idle direction was looked at
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

	// lookEvery is after how many turns a worker that is busy with less than fewPackets from
	// the other direction, or waits for them, looks whether this one has any.
	lookEvery  = 8
	fewPackets = 4
)

// next returns how many packets to ask for in the next exchange. While the other
// direction is busy with single packets, or none are expected of this one, an idle one is
// not asked every time: an empty read costs a third of a packet.
func (p *pace) next(other *pace, expected bool) int {
	if p.empty {
		p.empty, p.asked = false, 0
		return 0
	}
	if p.idle && (!other.idle || !expected) && other.want < fewPackets {
		if p.turns++; p.turns < lookEvery {
			p.asked = 0
			return 0
		}
	}
	p.turns = 0
	p.asked = p.want
	return p.want
}

// polled takes in whether the device has packets.
func (p *pace) polled(ready bool) {
	p.empty = !ready
	if ready {
		p.turns = lookEvery
	}
}

// ask fixes how many packets are asked for in the next exchange, whatever next would say.
func (p *pace) ask(n int) int {
	p.empty, p.asked = false, n
	return n
}

// learn takes the number of packets that the last exchange brought. Of the batch that they
// went out with, supers were superpackets, and those that were coalesced of so many flows.
func (p *pace) learn(n, supers, flows int) {
	p.roof = p.most(supers, flows)
	if p.asked == 0 {
		return
	}
	p.idle = n == 0
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
