package forwarder

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"golang.org/x/sys/unix"
)

// oddities makes packets that a forwarder can do nothing with but pass them on.
type oddities struct {
	random *rand.Rand
	link   linkLayer
	flows  []*flow // neither TCP nor UDP
	cut    *flow   // fragments of it
	plain  int     // number of the first flow of frames that are not IP
}

// newOddities makes flows that are numbered from first.
func newOddities(first int, random *rand.Rand, link linkLayer) *oddities {
	o := &oddities{random: random, link: link}
	for i, protocol := range []uint8{unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6, unix.IPPROTO_GRE, unix.IPPROTO_SCTP} {
		o.flows = append(o.flows, newFlow(first+i, random, link, protocol))
	}
	o.cut = newFlow(first+len(o.flows), random, link, unix.IPPROTO_UDP)
	o.plain = o.cut.number + 1
	return o
}

func (o *oddities) next() injection {
	switch kind := o.random.IntN(6); {
	case kind == 0 && o.link != noLink:
		return o.notIP()
	case kind < 3:
		return whole(o.fragment(), o.cut.number)
	}
	f := o.flows[o.random.IntN(len(o.flows))]
	return whole(f.next(f.payload(o.random.IntN(1400)), 0), f.number)
}

func whole(packet []byte, flow int) injection {
	return injection{frame: frame(packet), wire: [][]byte{packet}, flow: flow}
}

// notIP is a frame of ARP, of LLC, or of a type that nobody knows; each is a flow.
func (o *oddities) notIP() injection {
	types := []uint16{unix.ETH_P_ARP, 100, 0x88b5}
	kind := o.random.IntN(len(types))
	p := []byte{2, 0, 0, 0, 9, 9, 2, 0, 0, 0, 9, 8}
	p = binary.BigEndian.AppendUint16(p, types[kind])
	return whole(append(p, o.cut.payload(o.random.IntN(1400))...), o.plain+kind)
}

// fragment is the first part of a UDP datagram, or a later one.
func (o *oddities) fragment() []byte {
	f := o.cut
	p := f.next(f.payload(8*(1+o.random.IntN(150))), 0)
	where := []uint16{0, 185}[o.random.IntN(2)] // in units of 8 bytes
	ip := p[f.l3():]
	if f.version == 4 {
		const moreFragments = 0x2000
		binary.BigEndian.PutUint16(ip[6:], moreFragments|where)
		setIPv4Checksum(ip)
		return p
	}
	hdr := []byte{ip[6], 0, 0, 0, 0, 0, 0, byte(f.id)}
	binary.BigEndian.PutUint16(hdr[2:], where<<3|1)
	ip[6] = unix.IPPROTO_FRAGMENT
	p = slices.Insert(p, f.l3()+ipv6Len, hdr...)
	f.setLengths(p[f.l3():])
	return p
}

// lie returns what would be the flow's next packet if some field of it were true. The
// flow goes on as if it had not been.
func lie(f *flow) []byte {
	before := *f
	p := f.next(f.payload(1+f.random.IntN(1400)), tcpACK)
	*f = before
	ip, l4 := p[f.l3():], p[f.l4Start():]
	lies := []func(){
		func() { p = p[:max(f.l3(), 1)+f.random.IntN(len(p)-max(f.l3(), 1))] },
		func() { setIPLen(ip, f.version, f.random.IntN(len(ip))) },
		func() { setIPLen(ip, f.version, len(ip)+1+f.random.IntN(1000)) },
		func() { setIPLen(ip, f.version, 0) },
		func() { p = append(p, 1, 2, 3) },
		func() { ip[0] ^= 0x20 }, // 4 becomes 6, 6 becomes 4
		func() { ip[0] = ip[0]&15 | 0x70 },
	}
	if f.version == 4 {
		lies = append(lies,
			func() { ip[0] = 0x40 | byte(f.random.IntN(5)); fixIPv4Checksum(ip) },
			func() { ip[0] = 0x4f; fixIPv4Checksum(ip) },
			func() { ip[10] ^= 1 })
	} else {
		lies = append(lies,
			func() { p = chain(p[:f.l3()+ipv6Len], 40) },
			func() { p = chain(p[:f.l3()+ipv6Len], 1); p = p[:len(p)-1] })
		if f.plain() {
			lies = append(lies, func() { ip[6] = unix.IPPROTO_HOPOPTS }) // the L4 header is none
		}
	}
	if f.protocol == unix.IPPROTO_TCP {
		lies = append(lies,
			func() { l4[12] = byte(f.random.IntN(5)) << 4 },
			func() { l4[12] = 0xf0; p = p[:f.l4Start()+tcpLen] })
	} else {
		lies = append(lies,
			func() { binary.BigEndian.PutUint16(l4[4:], uint16(f.random.IntN(8))) },
			func() { binary.BigEndian.PutUint16(l4[4:], uint16(len(l4)+1)) },
			func() { binary.BigEndian.PutUint16(l4[4:], uint16(len(l4)-1)) })
	}
	lies[f.random.IntN(len(lies))]()
	return p
}

// setIPLen has an IP header claim n bytes, its own included.
func setIPLen(ip []byte, version, n int) {
	if version == 6 {
		binary.BigEndian.PutUint16(ip[4:], uint16(max(n-ipv6Len, 0)))
		return
	}
	binary.BigEndian.PutUint16(ip[2:], uint16(n))
	setIPv4Checksum(ip)
}

// fixIPv4Checksum is for headers that may claim to be longer than the packet.
func fixIPv4Checksum(ip []byte) {
	if ipv4HeaderLen(ip) <= len(ip) && ipv4HeaderLen(ip) >= ipv4Len {
		setIPv4Checksum(ip)
	}
}

// chain adds n extension headers to an IPv6 header, and nothing behind them.
func chain(p []byte, n int) []byte {
	ip := p[len(p)-ipv6Len:]
	ip[6] = unix.IPPROTO_DSTOPTS
	binary.BigEndian.PutUint16(ip[4:], uint16(8*n))
	for range n {
		p = append(p, unix.IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0)
	}
	return p
}
