package forwarder

// pace decides how many packets a direction asks for. It starts with one, so that a
// packet that comes alone is on its way before anybody looks for a second; as long as
// every read finds a packet it asks for twice as many.
type pace struct {
	limit int  // Config.Batch
	alone bool // moving packets together gains nothing
	idle  bool // the last reads found nothing
	turns int  // since an idle direction was looked at
	want  int  // at the next turn
	asked int  // at the last turn
}

const (
	// superLimit is the most superpackets to have in memory: more of them fall out of
	// the second-level cache before they are written.
	superLimit = 16

	// lookEvery is after how many turns a worker that is busy with one direction looks
	// whether the other has packets.
	lookEvery = 8
)

// next returns how many packets to ask for in the next exchange. While the other
// direction is busy with single packets, an idle one is not asked every time: an empty
// read costs a tenth of a packet.
func (p *pace) next(other *pace) int {
	if p.idle && !other.idle && other.want < ringFrom {
		if p.turns++; p.turns < lookEvery {
			p.asked = 0
			return 0
		}
	}
	p.turns = 0
	p.asked = p.want
	return p.want
}

// learn takes the number of packets that the last exchange brought, supers of them
// superpackets.
func (p *pace) learn(n, supers int) {
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
	limit := p.limit
	if supers > 0 {
		limit = min(limit, superLimit)
	}
	p.want = min(p.want, limit)
}
