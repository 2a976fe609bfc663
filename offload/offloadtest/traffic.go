package offloadtest

import (
	"math/rand/v2"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// Injection is one frame for a device, vnet header first, and the packets that have to
// come out behind the forwarder.
type Injection struct {
	Frame []byte
	Wire  [][]byte
	Flow  int  // packets of one flow keep their order; Unordered: no matter
	Lies  bool // a forwarder may drop it
}

// Unordered is the flow of packets whose order does not matter.
const Unordered = -1

// Mix says what traffic consists of.
type Mix struct {
	Name  string
	Flows int
	Equal uint8 // this protocol only, in packets of one size per flow; 0: everything
	NoUSO bool  // no superpackets of UDP
}

// Mixes are the traffic of a test, in the order in which it is sent.
var Mixes = []Mix{
	{Name: "UDP of equal sizes", Flows: 8, Equal: unix.IPPROTO_UDP},
	{Name: "TCP of equal sizes", Flows: 8, Equal: unix.IPPROTO_TCP},
	{Name: "1 flow", Flows: 1},
	{Name: "8 flows", Flows: 8},
	{Name: "64 flows", Flows: 64},
}

// Traffic makes random packets, the same ones for the same seed.
type Traffic struct {
	Mix    Mix
	random *rand.Rand
	flows  []*Flow
	odd    *oddities
	out    []Injection
}

// NewTraffic returns the traffic of a seed.
func NewTraffic(m Mix, seed uint64, link Link) *Traffic {
	tr := &Traffic{Mix: m, random: rand.New(rand.NewPCG(seed, 0))}
	for i := range m.Flows {
		protocol := m.Equal
		if protocol == 0 {
			protocol = []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP}[tr.random.IntN(2)]
		}
		f := RandomFlow(i, tr.random, link, protocol)
		for m.Equal != 0 && !f.plain() { // with options or extensions nothing is coalesced
			f = RandomFlow(i, tr.random, link, protocol)
		}
		tr.flows = append(tr.flows, f)
	}
	tr.odd = newOddities(m.Flows, tr.random, link)
	return tr
}

// Round returns n frames or a few more.
func (tr *Traffic) Round(n int) []Injection {
	tr.out = nil
	for len(tr.out) < n {
		if tr.Mix.Equal != 0 {
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
			tr.out = append(tr.out, Injection{Frame: Frame(Lie(f)), Lies: true, Flow: Unordered})
		case 11:
			tr.single(f, tr.size(), ACK)
		}
	}
	for i := range tr.out {
		if tr.out[i].Lies {
			tr.out[i].Wire = [][]byte{tr.out[i].Frame[offload.VnetHdrLen:]}
		}
	}
	return tr.out
}

// size is mostly that of packets in the internet, now and then a jumbo one.
func (tr *Traffic) size() int {
	switch tr.random.IntN(8) {
	case 0:
		return 1 + tr.random.IntN(40)
	case 1:
		return 1 + tr.random.IntN(8000)
	}
	return 1 + tr.random.IntN(1400)
}

// add adds one packet, its checksum done or left to do.
func (tr *Traffic) add(f *Flow, packet []byte) {
	in := Injection{Wire: [][]byte{packet}, Flow: f.Number}
	if tr.random.IntN(2) == 0 {
		in.Frame = f.Partial(packet)
	} else {
		in.Frame = Frame(packet)
	}
	tr.out = append(tr.out, in)
}

func (tr *Traffic) single(f *Flow, size int, flags uint16) {
	tr.add(f, f.Next(f.Payload(size), flags))
}

// run is a stretch of packets of one size, the last one often shorter.
func (tr *Traffic) run(f *Flow) {
	f.change()
	size := tr.size()
	for range 1 + tr.random.IntN(24) {
		tr.single(f, size, ACK)
	}
	tr.single(f, 1+tr.random.IntN(size), ACK|PSH)
}

// interleave has all flows take turns.
func (tr *Traffic) interleave(turns, size int) {
	for range turns {
		for _, f := range tr.flows {
			tr.single(f, size+f.Number, ACK)
		}
	}
}

// superpacket is one of 2 to 40 segments.
func (tr *Traffic) superpacket(f *Flow) {
	if tr.Mix.NoUSO && f.Protocol == unix.IPPROTO_UDP {
		tr.run(f)
		return
	}
	f.change()
	size := 1 + tr.random.IntN(1448)
	if f.Protocol == unix.IPPROTO_TCP {
		const leastKept = 8 // newer kernels cut those with smaller segments anew: see minTCPSize in offload
		size = max(size, leastKept)
	}
	n := 2 + tr.random.IntN(39)
	cwr, end := uint16(0), uint16(0)
	if f.Protocol == unix.IPPROTO_TCP {
		cwr = []uint16{0, 0, CWR}[tr.random.IntN(3)]
		end = []uint16{0, PSH, PSH | FIN}[tr.random.IntN(3)]
	}
	var packets [][]byte
	for i := range n {
		flags, length := uint16(ACK), size
		if i == 0 {
			flags |= cwr
		}
		if i == n-1 {
			flags, length = flags|end, 1+tr.random.IntN(size)
		}
		packets = append(packets, f.Next(f.Payload(length), flags))
	}
	tr.out = append(tr.out, Injection{Frame: f.Superpacket(packets, size), Wire: packets, Flow: f.Number})
}

// unusual is a packet in the middle of a flow that must not be coalesced, or not with
// everything.
func (tr *Traffic) unusual(f *Flow) {
	choices := []func(){
		func() { tr.single(f, 0, ACK) },
		func() { tr.corrupt(f) },
		func() { tr.padded(f) },
		func() { tr.otherHops(f) },
	}
	if f.Protocol == unix.IPPROTO_TCP {
		choices = append(choices,
			func() { tr.single(f, 0, SYN) },
			func() { tr.single(f, 0, SYN|ACK|ECE) },
			func() { tr.single(f, tr.size(), ACK|FIN) },
			func() { tr.single(f, tr.size(), ACK|URG) },
			func() { tr.single(f, tr.size(), ACK|ECE) },
			func() { tr.single(f, tr.size(), ACK|CWR) },
			func() { tr.single(f, 0, RST) },
		)
	} else if f.Version == 4 {
		choices = append(choices, func() { tr.withoutChecksum(f) })
	}
	choices[tr.random.IntN(len(choices))]()
}

// corrupt is a packet whose payload does not fit its checksum.
func (tr *Traffic) corrupt(f *Flow) {
	p := f.Next(f.Payload(tr.size()), ACK)
	p[len(p)-1] ^= 0x10
	tr.out = append(tr.out, Injection{Frame: Frame(p), Wire: [][]byte{p}, Flow: f.Number})
}

// padded is a short frame that was filled up to Ethernet's minimum.
func (tr *Traffic) padded(f *Flow) {
	p := f.Next(f.Payload(1), ACK)
	if f.L3() > 0 {
		p = append(p, make([]byte, 6)...)
	}
	tr.out = append(tr.out, Injection{Frame: Frame(p), Wire: [][]byte{p}, Flow: f.Number})
}

// otherHops are three packets of which the second took another way.
func (tr *Traffic) otherHops(f *Flow) {
	for _, left := range []byte{hops, hops - 1, hops} {
		f.SetHops(left)
		tr.single(f, 200, ACK)
	}
}

func (tr *Traffic) withoutChecksum(f *Flow) {
	p := f.Next(f.Payload(tr.size()), 0)
	p[f.L4()+6], p[f.L4()+7] = 0, 0
	tr.out = append(tr.out, Injection{Frame: Frame(p), Wire: [][]byte{p}, Flow: f.Number})
}
