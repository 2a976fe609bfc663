package forwarder

import (
	"math/rand/v2"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// injection is one frame for a device, vnet header first, and the packets that have to
// come out behind the forwarder.
type injection struct {
	frame []byte
	wire  [][]byte
	flow  int  // packets of one flow keep their order; unordered: no matter
	lies  bool // a forwarder may drop it
}

const unordered = -1

// mix says what traffic consists of.
type mix struct {
	name  string
	flows int
	equal uint8 // this protocol only, in packets of one size per flow; 0: everything
	noUSO bool  // no superpackets of UDP
}

var mixes = []mix{
	{name: "UDP of equal sizes", flows: 8, equal: unix.IPPROTO_UDP},
	{name: "TCP of equal sizes", flows: 8, equal: unix.IPPROTO_TCP},
	{name: "1 flow", flows: 1},
	{name: "8 flows", flows: 8},
	{name: "64 flows", flows: 64},
}

// traffic makes random packets, the same ones for the same seed.
type traffic struct {
	mix    mix
	random *rand.Rand
	flows  []*flow
	odd    *oddities
	out    []injection
}

func newTraffic(m mix, seed uint64, link linkLayer) *traffic {
	tr := &traffic{mix: m, random: rand.New(rand.NewPCG(seed, 0))}
	for i := range m.flows {
		protocol := m.equal
		if protocol == 0 {
			protocol = []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP}[tr.random.IntN(2)]
		}
		f := newFlow(i, tr.random, link, protocol)
		for m.equal != 0 && !f.plain() { // with options or extensions nothing is coalesced
			f = newFlow(i, tr.random, link, protocol)
		}
		tr.flows = append(tr.flows, f)
	}
	tr.odd = newOddities(m.flows, tr.random, link)
	return tr
}

// round returns n frames or a few more.
func (tr *traffic) round(n int) []injection {
	tr.out = nil
	for len(tr.out) < n {
		if tr.mix.equal != 0 {
			tr.interleave(16, 100)
			continue
		}
		f := tr.flows[tr.random.IntN(len(tr.flows))]
		switch tr.random.IntN(12) {
		case 0, 1, 2:
			tr.run(f)
		case 3:
			tr.interleave(1+tr.random.IntN(4), tr.size())
		case 4, 5:
			tr.superpacket(f)
		case 6, 7:
			tr.unusual(f)
		case 8, 9:
			tr.out = append(tr.out, tr.odd.next())
		case 10:
			tr.out = append(tr.out, injection{frame: frame(lie(f)), lies: true, flow: unordered})
		case 11:
			tr.single(f, tr.size(), tcpACK)
		}
	}
	for i := range tr.out {
		if tr.out[i].lies {
			tr.out[i].wire = [][]byte{tr.out[i].frame[offload.VnetHdrLen:]}
		}
	}
	return tr.out
}

// size is mostly that of packets in the internet, now and then a jumbo one.
func (tr *traffic) size() int {
	switch tr.random.IntN(8) {
	case 0:
		return 1 + tr.random.IntN(40)
	case 1:
		return 1 + tr.random.IntN(8000)
	}
	return 1 + tr.random.IntN(1400)
}

// add adds one packet, its checksum done or left to do.
func (tr *traffic) add(f *flow, packet []byte) {
	in := injection{wire: [][]byte{packet}, flow: f.number}
	if tr.random.IntN(2) == 0 {
		in.frame = f.partial(packet, offload.VnetHdr{})
	} else {
		in.frame = frame(packet)
	}
	tr.out = append(tr.out, in)
}

func (tr *traffic) single(f *flow, size int, flags uint8) {
	tr.add(f, f.next(f.payload(size), flags))
}

// run is a stretch of packets of one size, the last one often shorter.
func (tr *traffic) run(f *flow) {
	f.change()
	size := tr.size()
	for range 1 + tr.random.IntN(24) {
		tr.single(f, size, tcpACK)
	}
	tr.single(f, 1+tr.random.IntN(size), tcpACK|tcpPSH)
}

// interleave has all flows take turns.
func (tr *traffic) interleave(turns, size int) {
	for range turns {
		for _, f := range tr.flows {
			tr.single(f, size+f.number, tcpACK)
		}
	}
}

// superpacket is one of 2 to 40 segments.
func (tr *traffic) superpacket(f *flow) {
	if tr.mix.noUSO && f.protocol == unix.IPPROTO_UDP {
		tr.run(f)
		return
	}
	f.change()
	size := 1 + tr.random.IntN(1448)
	if f.protocol == unix.IPPROTO_TCP {
		const leastKept = 8 // newer kernels cut those with smaller segments anew: see minTCPSize in offload
		size = max(size, leastKept)
	}
	n := 2 + tr.random.IntN(39)
	cwr, end := uint8(0), uint8(0)
	if f.protocol == unix.IPPROTO_TCP {
		cwr = []uint8{0, 0, tcpCWR}[tr.random.IntN(3)]
		end = []uint8{0, tcpPSH, tcpPSH | tcpFIN}[tr.random.IntN(3)]
	}
	var packets [][]byte
	for i := range n {
		flags, length := uint8(tcpACK), size
		if i == 0 {
			flags |= cwr
		}
		if i == n-1 {
			flags, length = flags|end, 1+tr.random.IntN(size)
		}
		packets = append(packets, f.next(f.payload(length), flags))
	}
	tr.out = append(tr.out, injection{frame: f.superpacket(packets, size), wire: packets, flow: f.number})
}

// unusual is a packet in the middle of a flow that must not be coalesced, or not with
// everything.
func (tr *traffic) unusual(f *flow) {
	choices := []func(){
		func() { tr.single(f, 0, tcpACK) },
		func() { tr.corrupt(f) },
		func() { tr.padded(f) },
		func() { tr.otherHops(f) },
	}
	if f.protocol == unix.IPPROTO_TCP {
		choices = append(choices,
			func() { tr.single(f, 0, tcpSYN) },
			func() { tr.single(f, 0, tcpSYN|tcpACK|tcpECE) },
			func() { tr.single(f, tr.size(), tcpACK|tcpFIN) },
			func() { tr.single(f, tr.size(), tcpACK|tcpURG) },
			func() { tr.single(f, tr.size(), tcpACK|tcpECE) },
			func() { tr.single(f, tr.size(), tcpACK|tcpCWR) },
			func() { tr.single(f, 0, tcpRST) },
		)
	} else if f.version == 4 {
		choices = append(choices, func() { tr.withoutChecksum(f) })
	}
	choices[tr.random.IntN(len(choices))]()
}

// corrupt is a packet whose payload does not fit its checksum.
func (tr *traffic) corrupt(f *flow) {
	p := f.next(f.payload(tr.size()), tcpACK)
	p[len(p)-1] ^= 0x10
	tr.out = append(tr.out, injection{frame: frame(p), wire: [][]byte{p}, flow: f.number})
}

// padded is a short frame that was filled up to Ethernet's minimum.
func (tr *traffic) padded(f *flow) {
	p := f.next(f.payload(1), tcpACK)
	if len(f.link) > 0 {
		p = append(p, make([]byte, 6)...)
	}
	tr.out = append(tr.out, injection{frame: frame(p), wire: [][]byte{p}, flow: f.number})
}

// otherHops are three packets of which the second took another way.
func (tr *traffic) otherHops(f *flow) {
	hops := &f.network[8]
	if f.version == 6 {
		hops = &f.network[7]
	}
	for _, left := range []byte{64, 63, 64} {
		*hops = left
		tr.single(f, 200, tcpACK)
	}
}

func (tr *traffic) withoutChecksum(f *flow) {
	p := f.next(f.payload(tr.size()), 0)
	p[f.l4Start()+6], p[f.l4Start()+7] = 0, 0
	tr.out = append(tr.out, injection{frame: frame(p), wire: [][]byte{p}, flow: f.number})
}
