package offloadtest

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"golang.org/x/sys/unix"
)

// oddities makes packets that a forwarder can do nothing with but pass them on.
type oddities struct {
	random *rand.Rand
	link   Link
	flows  []*Flow // neither TCP nor UDP
	cut    *Flow   // fragments of it
	plain  int     // number of the first flow of frames that are not IP
}

// newOddities makes flows that are numbered from first.
func newOddities(first int, random *rand.Rand, link Link) *oddities {
	o := &oddities{random: random, link: link}
	for i, protocol := range []uint8{unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6, unix.IPPROTO_GRE, unix.IPPROTO_SCTP} {
		o.flows = append(o.flows, RandomFlow(first+i, random, link, protocol))
	}
	o.cut = RandomFlow(first+len(o.flows), random, link, unix.IPPROTO_UDP)
	o.plain = o.cut.Number + 1
	return o
}

func (o *oddities) next() Injection {
	switch kind := o.random.IntN(6); {
	case kind == 0 && o.link != NoLink:
		return o.notIP()
	case kind < 3:
		return whole(o.fragment(), o.cut.Number)
	}
	f := o.flows[o.random.IntN(len(o.flows))]
	return whole(f.Next(f.Payload(o.random.IntN(1400)), 0), f.Number)
}

func whole(packet []byte, flow int) Injection {
	return Injection{Frame: Frame(packet), Wire: [][]byte{packet}, Flow: flow}
}

// notIP is a frame of ARP, of LLC, or of a type that nobody knows; each is a flow.
func (o *oddities) notIP() Injection {
	types := []uint16{unix.ETH_P_ARP, 100, 0x88b5}
	kind := o.random.IntN(len(types))
	p := []byte{2, 0, 0, 0, 9, 9, 2, 0, 0, 0, 9, 8}
	p = binary.BigEndian.AppendUint16(p, types[kind])
	return whole(append(p, o.cut.Payload(o.random.IntN(1400))...), o.plain+kind)
}

// fragment is the first part of a UDP datagram, or a later one.
func (o *oddities) fragment() []byte {
	f := o.cut
	p := f.Next(f.Payload(8*(1+o.random.IntN(150))), 0)
	where := []uint16{0, 185}[o.random.IntN(2)] // in units of 8 bytes
	ip := p[f.L3():]
	if f.Version == 4 {
		const moreFragments = 0x2000
		binary.BigEndian.PutUint16(ip[6:], moreFragments|where)
		SetIPv4Checksum(ip)
		return p
	}
	hdr := []byte{ip[6], 0, 0, 0, 0, 0, 0, byte(f.ID)}
	binary.BigEndian.PutUint16(hdr[2:], where<<3|1)
	ip[6] = unix.IPPROTO_FRAGMENT
	p = slices.Insert(p, f.L3()+ipv6Len, hdr...)
	f.setLengths(p[f.L3():])
	return p
}
