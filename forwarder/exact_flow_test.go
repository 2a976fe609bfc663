package forwarder

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// flow makes the packets of one flow, all headers right.
type flow struct {
	number   int
	random   *rand.Rand
	link     []byte // Ethernet header and VLAN tag; nothing on TUN
	version  int
	protocol uint8
	network  []byte // IP headers as far as they stay the same, IPv6 extensions included
	l4       []byte // TCP or UDP header, as far as it stays the same

	df       bool
	idStep   uint16
	id       uint16
	seq, ack uint32
}

// linkLayer is what may come before the IP header.
type linkLayer int

const (
	noLink    linkLayer = iota
	plainLink           // an Ethernet header
	vlanLink            // an Ethernet header, in some flows with a VLAN tag
)

// newFlow makes a flow of its own addresses with random properties.
func newFlow(number int, random *rand.Rand, link linkLayer, protocol uint8) *flow {
	f := &flow{
		number: number, random: random, version: 4 + 2*random.IntN(2), protocol: protocol,
		id: uint16(random.Uint32()), seq: random.Uint32(), ack: random.Uint32(),
	}
	if f.version == 4 {
		f.makeIPv4()
	} else {
		f.makeIPv6()
	}
	if link != noLink {
		f.makeLink(link == vlanLink)
	}
	f.makeL4()
	return f
}

func (f *flow) makeLink(mayTag bool) {
	f.link = []byte{2, 0, 0, 0, 1, byte(f.number), 2, 0, 0, 0, 2, byte(f.number)}
	if f.random.IntN(4) == 0 && mayTag {
		f.link = append(f.link, 0x81, 0x00, 0x20, byte(1+f.number))
	}
	etherType := uint16(unix.ETH_P_IP)
	if f.version == 6 {
		etherType = unix.ETH_P_IPV6
	}
	f.link = binary.BigEndian.AppendUint16(f.link, etherType)
}

func (f *flow) makeIPv4() {
	options := [][]byte{nil, nil, nil, {1, 1, 1, 0}, {0x94, 4, 0, 0}}[f.random.IntN(5)] // no-operation, router alert
	f.df = f.random.IntN(2) == 0
	f.idStep = 1
	if f.df && f.random.IntN(2) == 0 {
		f.idStep, f.id = 0, 0
	}
	f.network = make([]byte, ipv4Len, ipv4Len+len(options))
	f.network[0] = 0x40 | byte(ipv4Len+len(options))/4
	f.network[1] = f.tos()
	if f.df {
		f.network[6] = 0x40
	}
	f.network[8] = 64
	f.network[9] = f.protocol
	copy(f.network[12:], []byte{198, 18, 0, byte(f.number), 198, 19, 0, byte(f.number)}) // RFC 2544
	f.network = append(f.network, options...)
}

func (f *flow) makeIPv6() {
	extensions := f.random.IntN(4)
	f.network = make([]byte, ipv6Len)
	f.network[0] = 0x60 | f.tos()>>4
	f.network[1] = f.tos()<<4 | byte(f.number)&15
	f.network[7] = 64
	for i, side := range []byte{1, 2} {
		copy(f.network[8+16*i:], []byte{0x20, 0x01, 0x00, 0x02, 0, 0, side, byte(f.number)}) // RFC 5180
	}
	f.network[6] = f.protocol
	switch extensions {
	case 0: // hop-by-hop options and destination options, both padding
		f.network[6] = unix.IPPROTO_HOPOPTS
		f.network = append(f.network, unix.IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0)
		f.network = append(f.network, f.protocol, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	case 1: // 640 bytes of destination options, padding
		f.network[6] = unix.IPPROTO_DSTOPTS
		f.network = append(f.network, f.protocol, 79)
		for _, n := range []int{254, 254, 124} {
			f.network = append(append(f.network, 1, byte(n)), make([]byte, n)...)
		}
	}
}

// plain reports whether nothing stands between the IP header and that of L4.
func (f *flow) plain() bool { return len(f.network) == ipv4Len || len(f.network) == ipv6Len }

func (f *flow) tos() byte { return []byte{0, 0, 0xb8, 2}[f.number%4] } // DSCP EF, ECT(0)

func (f *flow) makeL4() {
	ports := []byte{0x30, byte(f.number), 0x40, byte(f.number)}
	switch f.protocol {
	case unix.IPPROTO_UDP:
		f.l4 = append(ports, 0, 0, 0, 0)
	case unix.IPPROTO_TCP:
		f.l4 = append(ports, make([]byte, tcpLen-len(ports))...)
		if f.random.IntN(2) == 0 { // timestamps
			f.l4 = append(f.l4, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2)
		}
		f.l4[12] = byte(len(f.l4)/4) << 4
		f.setWindow()
	default: // the same in every packet: the kernel chooses the queue by it
		f.l4 = append(ports, 0, 0, 0, 0)
	}
}

func (f *flow) setWindow() { binary.BigEndian.PutUint16(f.l4[14:], uint16(f.random.Uint32())) }

// change alters what may change in the middle of a TCP flow.
func (f *flow) change() {
	if f.protocol != unix.IPPROTO_TCP {
		return
	}
	switch f.random.IntN(8) {
	case 0:
		f.setWindow()
	case 1:
		f.ack += 1000
	case 2:
		f.seq -= uint32(f.random.IntN(3000)) // sent again
	case 3:
		f.seq += uint32(f.random.IntN(3000)) // lost before
	case 4:
		if len(f.l4) > tcpLen {
			f.l4[len(f.l4)-1]++
		}
	}
}

// l3 and l4Start return where the headers of the flow's packets start.
func (f *flow) l3() int      { return len(f.link) }
func (f *flow) l4Start() int { return len(f.link) + len(f.network) }

func (f *flow) payload(size int) []byte {
	b := make([]byte, size+7)
	for i := 0; i < size; i += 8 {
		binary.NativeEndian.PutUint64(b[i:], f.random.Uint64())
	}
	return b[:size]
}

// next returns the flow's next packet. flags are TCP's.
func (f *flow) next(payload []byte, flags uint8) []byte {
	p := slices.Concat(f.link, f.network, f.l4, payload)
	f.finish(p, flags)
	f.id += f.idStep
	if f.protocol == unix.IPPROTO_TCP {
		f.seq += uint32(len(payload))
		if flags&(tcpSYN|tcpFIN) != 0 {
			f.seq++
		}
	}
	return p
}

// finish fills in what is different in each packet.
func (f *flow) finish(p []byte, flags uint8) {
	ip, l4 := p[f.l3():], p[f.l4Start():]
	f.setLengths(ip)
	switch f.protocol {
	case unix.IPPROTO_UDP:
		binary.BigEndian.PutUint16(l4[4:], uint16(len(l4)))
	case unix.IPPROTO_TCP:
		binary.BigEndian.PutUint32(l4[4:], f.seq)
		binary.BigEndian.PutUint32(l4[8:], f.ack)
		l4[13] = flags
		if flags&tcpURG != 0 {
			binary.BigEndian.PutUint16(l4[18:], 1)
		}
	default:
		return
	}
	binary.BigEndian.PutUint16(l4[csumPos(f.protocol):], l4Checksum(ip, len(f.network), f.protocol))
}

func (f *flow) setLengths(ip []byte) {
	if f.version == 6 {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Len))
		return
	}
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[4:], f.id)
	setIPv4Checksum(ip)
}

// frame puts a vnet header that says nothing before a packet.
func frame(packet []byte) []byte {
	return append(make([]byte, offload.VnetHdrLen), packet...)
}

// partial returns a packet of the flow as a frame whose checksum is left to do.
func (f *flow) partial(packet []byte, hdr offload.VnetHdr) []byte {
	b := frame(packet)
	p := b[offload.VnetHdrLen:]
	hdr.Flags = unix.VIRTIO_NET_HDR_F_NEEDS_CSUM
	hdr.CsumStart = uint16(f.l4Start())
	hdr.CsumOffset = uint16(csumPos(f.protocol))
	_ = hdr.Encode(b) // as long as made above
	pseudo := fold(pseudoSum(p[f.l3():], f.protocol, len(p)-f.l4Start()))
	binary.BigEndian.PutUint16(p[f.l4Start()+csumPos(f.protocol):], pseudo)
	return b
}

// superpacket makes one of consecutive packets of the flow, all but the last with size
// bytes of payload.
func (f *flow) superpacket(packets [][]byte, size int) []byte {
	headers := f.l4Start() + len(f.l4)
	hdr := offload.VnetHdr{GSOSize: uint16(size), HdrLen: uint16(headers)}
	p := slices.Clone(packets[0])
	for _, next := range packets[1:] {
		p = append(p, next[headers:]...)
		if f.protocol == unix.IPPROTO_TCP {
			p[f.l4Start()+13] |= next[f.l4Start()+13]
		}
	}
	ip := p[f.l3():]
	if f.version == 4 {
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
		setIPv4Checksum(ip)
	} else {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Len))
	}
	switch {
	case f.protocol == unix.IPPROTO_UDP:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_UDP_L4
		binary.BigEndian.PutUint16(p[f.l4Start()+4:], uint16(len(p)-f.l4Start()))
	case f.version == 4:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV4
	default:
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV6
	}
	if f.protocol == unix.IPPROTO_TCP && p[f.l4Start()+13]&tcpCWR != 0 {
		hdr.GSOType |= unix.VIRTIO_NET_HDR_GSO_ECN
	}
	return f.partial(p, hdr)
}
