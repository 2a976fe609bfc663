package offloadtest

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"golang.org/x/sys/unix"
)

// Spec is what all packets of a flow have in common.
type Spec struct {
	Number   int   // of the flow: addresses and ports come from it; 0 to 255
	Version  int   // of IP: 4 or 6
	Protocol uint8 // IPPROTO_*

	Ethernet bool
	Tags     []byte // VLAN tags, each with its EtherType first; only with Ethernet

	TOS     byte   // TOS of IPv4, traffic class of IPv6
	Options []byte // of IPv4, a multiple of four bytes
	DF      bool   // of IPv4: do not fragment
	FixedID bool   // of IPv4: the identification stays the same

	Extensions []Extension // headers of IPv6

	TCPOptions []byte // a multiple of four bytes
}

// Extension is an extension header of IPv6. The first byte of Header says what follows: the
// flow fills it in.
type Extension struct {
	Protocol uint8
	Header   []byte
}

// Flow makes the packets of one flow, all headers right. It is for one goroutine.
type Flow struct {
	Spec
	random  *rand.Rand
	link    []byte // Ethernet header and VLAN tags; empty without Ethernet
	network []byte // IP headers as far as they stay the same, IPv6 extensions included
	l4      []byte // TCP or UDP header, as far as it stays the same

	ID       uint16 // of the next packet
	Seq, Ack uint32 // of the next packet
}

// NewFlow returns the flow of a Spec. Payloads are random.
func NewFlow(spec Spec, random *rand.Rand) *Flow {
	f := &Flow{Spec: spec, random: random, ID: uint16(random.Uint32()), Seq: random.Uint32(), Ack: random.Uint32()}
	if f.Version == 4 {
		f.makeIPv4()
	} else {
		f.makeIPv6()
	}
	if f.Ethernet {
		f.makeLink()
	}
	f.makeL4()
	return f
}

func (f *Flow) makeLink() {
	f.link = []byte{2, 0, 0, 0, 1, byte(f.Number), 2, 0, 0, 0, 2, byte(f.Number)}
	f.link = append(f.link, f.Tags...)
	etherType := uint16(unix.ETH_P_IP)
	if f.Version == 6 {
		etherType = unix.ETH_P_IPV6
	}
	f.link = binary.BigEndian.AppendUint16(f.link, etherType)
}

// hops is the time to live of every packet, the hop limit of IPv6.
const hops = 64

func (f *Flow) makeIPv4() {
	f.network = make([]byte, ipv4Len, ipv4Len+len(f.Options))
	f.network[0] = 0x40 | byte(ipv4Len+len(f.Options))/4
	f.network[1] = f.TOS
	if f.DF {
		f.network[6] = 0x40
	}
	f.network[8] = hops
	f.network[9] = f.Protocol
	copy(f.network[12:], []byte{198, 18, 16, byte(f.Number), 198, 19, 0, byte(f.Number)}) // RFC 2544
	f.network = append(f.network, f.Options...)
}

func (f *Flow) makeIPv6() {
	f.network = make([]byte, ipv6Len)
	f.network[0] = 0x60 | f.TOS>>4
	f.network[1] = f.TOS<<4 | byte(f.Number)&15
	f.network[7] = hops
	for i, side := range []byte{1, 2} {
		copy(f.network[8+16*i:], []byte{0x20, 0x01, 0x00, 0x02, 0, 0, side, byte(f.Number)}) // RFC 5180
	}
	next := 6
	for _, e := range f.Extensions {
		f.network[next] = e.Protocol
		next = len(f.network)
		f.network = append(f.network, e.Header...)
	}
	f.network[next] = f.Protocol
}

// plain reports whether nothing stands between the IP header and that of L4.
func (f *Flow) plain() bool { return len(f.network) == ipv4Len || len(f.network) == ipv6Len }

func (f *Flow) makeL4() {
	ports := []byte{0x30, byte(f.Number), 0x40, byte(f.Number)}
	switch f.Protocol {
	case unix.IPPROTO_TCP:
		f.l4 = append(ports, make([]byte, tcpLen-len(ports))...)
		f.l4 = append(f.l4, f.TCPOptions...)
		f.l4[12] = byte(len(f.l4)/4) << 4
		f.setWindow()
	default: // of protocols without ports the same in every packet: the kernel chooses the queue by it
		f.l4 = append(ports, 0, 0, 0, 0)
	}
}

func (f *Flow) setWindow() { f.SetWindow(uint16(f.random.Uint32())) }

// L3 and L4 return where the headers of the flow's packets start.
func (f *Flow) L3() int { return len(f.link) }

// L4 returns where the header of TCP or UDP starts.
func (f *Flow) L4() int { return len(f.link) + len(f.network) }

// HeadersLen returns the length of all headers.
func (f *Flow) HeadersLen() int { return f.L4() + len(f.l4) }

// Payload returns so many random bytes. The race detector leaves it out, see sum.
//
//go:norace
func (f *Flow) Payload(size int) []byte {
	b := make([]byte, size+7)
	for i := 0; i < size; i += 8 {
		binary.NativeEndian.PutUint64(b[i:], f.random.Uint64())
	}
	return b[:size]
}

// Next returns the flow's next packet. flags are TCP's.
func (f *Flow) Next(payload []byte, flags uint16) []byte {
	p := slices.Concat(f.link, f.network, f.l4, payload)
	f.finish(p, flags)
	if !f.FixedID {
		f.ID++
	}
	if f.Protocol == unix.IPPROTO_TCP {
		f.Seq += uint32(len(payload))
		if flags&(SYN|FIN) != 0 {
			f.Seq++
		}
	}
	return p
}

// finish fills in what is different in each packet.
func (f *Flow) finish(p []byte, flags uint16) {
	ip, l4 := p[f.L3():], p[f.L4():]
	f.setLengths(ip)
	switch f.Protocol {
	case unix.IPPROTO_UDP:
		binary.BigEndian.PutUint16(l4[4:], uint16(len(l4)))
	case unix.IPPROTO_TCP:
		binary.BigEndian.PutUint32(l4[4:], f.Seq)
		binary.BigEndian.PutUint32(l4[8:], f.Ack)
		l4[12] |= byte(flags>>8) & 1
		l4[13] = byte(flags)
		if flags&URG != 0 {
			binary.BigEndian.PutUint16(l4[18:], 1)
		}
	default:
		return
	}
	SetL4Checksum(p, f.L3(), f.L4(), f.Protocol)
}

func (f *Flow) setLengths(ip []byte) {
	if f.Version == 6 {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Len))
		return
	}
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[4:], f.ID)
	SetIPv4Checksum(ip)
}

// SetTOS changes TOS or the traffic class of the packets to come.
func (f *Flow) SetTOS(tos byte) {
	if f.TOS = tos; f.Version == 4 {
		f.network[1] = tos
		return
	}
	f.network[0] = 0x60 | tos>>4
	f.network[1] = tos<<4 | f.network[1]&15
}

// SetHops changes the time to live or the hop limit of the packets to come.
func (f *Flow) SetHops(hops byte) {
	if f.Version == 4 {
		f.network[8] = hops
		return
	}
	f.network[7] = hops
}

// SetWindow changes TCP's window of the packets to come.
func (f *Flow) SetWindow(window uint16) { binary.BigEndian.PutUint16(f.l4[14:], window) }
