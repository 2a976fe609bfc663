package conform

import (
	"encoding/binary"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/offload/offloadtest"
)

// comparison is a case that compares packets with the kernel's own forwarding.
func comparison(group Group, name, doc string, packets func(*maker)) Case {
	finds := []offloadtest.Kind{offloadtest.Lost, offloadtest.Changed, offloadtest.Twice, offloadtest.Reordered}
	return Case{Group: group, Name: name, Doc: doc, Finds: finds, packets: packets}
}

// onTAP is a comparison of frames that only TAP devices carry.
func onTAP(name, doc string, packets func(*maker)) Case {
	c := comparison(Legal, name, doc, packets)
	c.needs = needsTAP
	return c
}

// The transports, by the words of case names.
var transports = []struct {
	name     string
	version  int
	protocol uint8
}{
	{"udp4", 4, unix.IPPROTO_UDP}, {"tcp4", 4, unix.IPPROTO_TCP}, {"udp6", 6, unix.IPPROTO_UDP}, {"tcp6", 6, unix.IPPROTO_TCP},
}

// forEach sends from a flow of each transport.
func forEach(m *maker, send func(offloadtest.Spec)) {
	for _, t := range transports {
		send(offloadtest.Spec{Version: t.version, Protocol: t.protocol})
	}
}

func legalCases() []Case {
	var cases []Case
	for _, t := range transports {
		spec := offloadtest.Spec{Version: t.version, Protocol: t.protocol}
		cases = append(cases, comparison(Legal, "sizes-"+t.name, "payloads of every size from none to the MTU", func(m *maker) {
			allSizes(m, spec)
		}))
	}
	cases = append(cases,
		comparison(Legal, "ip4-options", "IPv4 options that a router leaves alone", ip4Options),
		comparison(Legal, "ip6-extensions", "IPv6 extension headers", ip6Extensions),
		comparison(Legal, "fragments", "fragments of IPv4 and IPv6 datagrams", fragments),
		comparison(Legal, "traffic-class", "every value of DSCP and ECN, changing within a flow", trafficClass),
		comparison(Legal, "tcp-flags", "every combination of TCP's flags, CWR, ECE and AE of AccECN among them", tcpFlags),
		comparison(Legal, "tcp-headers", "sequence numbers, windows, acknowledgements and options that change within a flow", tcpHeaders),
		comparison(Legal, "ip4-id", "IPv4 identifications: fixed, counting, wrapping, random, with and without DF", ip4ID),
		comparison(Legal, "udp-checksum", "UDP checksums: none, and one that computes to zero", udpChecksum),
		comparison(Legal, "wrong-checksum", "checksums that are wrong stay wrong, and their packets apart from others", wrongChecksum),
		comparison(Legal, "hop-limit", "equal packets but for their hop limit", hopLimit),
		comparison(Legal, "protocols", "what is neither TCP nor UDP: ICMP, GRE, SCTP, ESP and an unknown one", protocols),
		comparison(Legal, "mixed-sizes", "runs of one size that end with a shorter or longer packet, interleaved flows", mixedSizes),
		onTAP("short-frames", "frames filled up to Ethernet's minimum", shortFrames),
		onTAP("not-ip", "ARP, LLC and unknown EtherTypes", notIP),
		onTAP("vlan", "VLAN tags, one and two, with and without priority", vlan),
	)
	return slices.Concat(cases, superpacketCases(), []Case{randomCase()}, socketCases())
}

func allSizes(m *maker, spec offloadtest.Spec) {
	f := m.flow(spec)
	for size := 0; size <= m.room(f); size++ {
		packet := f.Next(f.Payload(size), offloadtest.ACK)
		if size%2 == 0 {
			m.whole(packet)
		} else {
			m.partial(f, packet)
		}
	}
}

func ip4Options(m *maker) {
	long := make([]byte, 40) // a list that ends at once, the longest
	security := []byte{130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	stream := []byte{136, 4, 0, 7}
	for _, options := range [][]byte{offloadtest.NoOperation(), offloadtest.RouterAlert(), security, stream, long} {
		for _, protocol := range []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
			f := m.flow(offloadtest.Spec{Version: 4, Protocol: protocol, Options: options})
			for _, size := range []int{0, 1, 100, 100, 100, m.room(f)} {
				m.each(f, size, offloadtest.ACK)
			}
			m.superpacket(f, 500, 4, 77, 0, 0)
		}
	}
}

func ip6Extensions(m *maker) {
	routing := offloadtest.Extension{Protocol: unix.IPPROTO_ROUTING, Header: []byte{0, 0, 253, 0, 0, 0, 0, 0}} // for experiments (RFC 3692), no segments left
	for _, extensions := range [][]offloadtest.Extension{
		{offloadtest.HopByHop()},
		{offloadtest.DestinationOptions(8)},
		{offloadtest.DestinationOptions(640)},
		{routing},
		{offloadtest.HopByHop(), offloadtest.DestinationOptions(16), routing, offloadtest.DestinationOptions(24)},
	} {
		for _, protocol := range []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP, unix.IPPROTO_NONE} {
			f := m.flow(offloadtest.Spec{Version: 6, Protocol: protocol, Extensions: extensions})
			for _, size := range []int{0, 1, 100, 100, 100, m.room(f)} {
				m.whole(f.Next(f.Payload(size), offloadtest.ACK))
			}
		}
	}
}

// fragments sends the fragments of datagrams in order, and from the last to the first.
func fragments(m *maker) {
	for _, version := range []int{4, 6} {
		for _, backwards := range []bool{false, true} {
			f := m.flow(offloadtest.Spec{Version: version, Protocol: unix.IPPROTO_UDP})
			const parts, size = 4, 480 // bytes of a part, a multiple of eight
			for range 5 {
				for i := range parts {
					part := i
					if backwards {
						part = parts - 1 - i
					}
					m.whole(fragment(f, part, parts, size))
				}
			}
		}
	}
	f := m.flow(offloadtest.Spec{Version: 6, Protocol: unix.IPPROTO_UDP})
	m.whole(fragment(f, 0, 1, 480)) // an atomic fragment (RFC 6946)
}

// fragment is one part of a datagram, whatever the others are.
func fragment(f *offloadtest.Flow, part, parts, size int) []byte {
	p := f.Next(f.Payload(size-8), 0) // 8 bytes of UDP header
	more := part < parts-1
	ip := p[f.L3():]
	if f.Version == 4 {
		word := uint16(part * size / 8)
		if more {
			word |= 0x2000
		}
		binary.BigEndian.PutUint16(ip[4:], 77) // all parts have one identification
		binary.BigEndian.PutUint16(ip[6:], word)
		offloadtest.SetIPv4Checksum(ip)
		return p
	}
	header := []byte{ip[6], 0, 0, 0, 0, 0, 0, 77}
	word := uint16(part * size)
	if more {
		word |= 1
	}
	binary.BigEndian.PutUint16(header[2:], word)
	ip[6] = unix.IPPROTO_FRAGMENT
	p = append(p[:f.L4()], append(header, p[f.L4():]...)...)
	binary.BigEndian.PutUint16(p[f.L3()+4:], uint16(len(p)-f.L4()))
	return p
}

func trafficClass(m *maker) {
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for class := range 256 {
			f.SetTOS(byte(class))
			m.each(f, 200, offloadtest.ACK)
		}
	})
}

func tcpFlags(m *maker) {
	for _, version := range []int{4, 6} {
		f := m.flow(offloadtest.Spec{Version: version, Protocol: unix.IPPROTO_TCP})
		for flags := range uint16(2 * offloadtest.AE) {
			m.whole(f.Next(f.Payload(100), flags))
		}
		for flags := range uint16(2 * offloadtest.AE) { // between packets that would go together
			m.each(f, 100, offloadtest.ACK)
			m.partial(f, f.Next(f.Payload(100), flags|offloadtest.ACK))
		}
	}
}

func tcpHeaders(m *maker) {
	for _, version := range []int{4, 6} {
		for _, options := range [][]byte{nil, offloadtest.Timestamps(), make([]byte, 40)} {
			f := m.flow(offloadtest.Spec{Version: version, Protocol: unix.IPPROTO_TCP, TCPOptions: options})
			f.Seq = 0xffffffff - 5000 // it wraps
			for i := range 100 {
				m.each(f, 300, offloadtest.ACK)
				switch i % 5 {
				case 0:
					f.Ack += 1000
				case 1:
					f.Seq -= 300 // sent again
				case 2:
					f.Seq += 300 // lost before
				case 3:
					f.SetWindow(uint16(i))
				}
			}
		}
	}
}

func ip4ID(m *maker) {
	for _, protocol := range []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
		for _, df := range []bool{false, true} {
			next := map[string]func(f *offloadtest.Flow){
				"fixed":  func(f *offloadtest.Flow) { f.ID = 7 },
				"counts": func(*offloadtest.Flow) {},
				"random": func(f *offloadtest.Flow) { f.ID = uint16(m.random.Uint32()) },
			}
			for _, how := range []string{"fixed", "counts", "random"} {
				f := m.flow(offloadtest.Spec{Version: 4, Protocol: protocol, DF: df})
				f.ID = 0xffff - 20 // it wraps
				for range 20 {
					next[how](f)
					m.each(f, 300, offloadtest.ACK)
				}
				m.superpacket(f, 300, 30, 9, 0, 0)
			}
		}
	}
}

func udpChecksum(m *maker) {
	for _, version := range []int{4, 6} {
		f := m.flow(offloadtest.Spec{Version: version, Protocol: unix.IPPROTO_UDP})
		for i := range 20 {
			m.each(f, 200, 0)
			p := f.Next(f.Payload(200), 0)
			at := f.L4() + 6
			if version == 4 && i%2 == 0 {
				p[at], p[at+1] = 0, 0
				m.whole(p)
				continue
			}
			// What is put into the payload completes the sum to all ones.
			end := len(p) - 2
			p[end], p[end+1] = 0, 0
			offloadtest.SetL4Checksum(p, f.L3(), f.L4(), f.Protocol)
			copy(p[end:], p[at:at+2])
			offloadtest.SetL4Checksum(p, f.L3(), f.L4(), f.Protocol)
			if p[at] != 0xff || p[at+1] != 0xff {
				panic(fmt.Sprintf("the checksum is %x", p[at:at+2]))
			}
			if i%4 == 1 {
				m.partial(f, p)
			} else {
				m.whole(p)
			}
		}
	}
}

func wrongChecksum(m *maker) {
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for i := range 20 {
			m.each(f, 200, offloadtest.ACK)
			p := f.Next(f.Payload(200), offloadtest.ACK)
			p[len(p)-1-i] ^= 0x10
			m.whole(p)
		}
	})
}

func hopLimit(m *maker) {
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for i := range 50 {
			f.SetHops(byte(64 + i%3))
			m.each(f, 200, offloadtest.ACK)
		}
	})
}

func protocols(m *maker) {
	for _, version := range []int{4, 6} {
		for _, protocol := range []uint8{unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6, unix.IPPROTO_GRE, unix.IPPROTO_SCTP, unix.IPPROTO_ESP, 253} {
			f := m.flow(offloadtest.Spec{Version: version, Protocol: protocol})
			for _, size := range []int{0, 1, 7, 100, 100, 100, m.room(f)} {
				m.whole(f.Next(f.Payload(size), 0))
			}
		}
	}
}

func mixedSizes(m *maker) {
	var flows []*offloadtest.Flow
	forEach(m, func(s offloadtest.Spec) {
		flows = append(flows, m.flow(s), m.flow(s))
		f := m.flow(s)
		for _, last := range []int{0, 1, 399, 400, 401, 1200} {
			for range 5 {
				m.each(f, 400, offloadtest.ACK)
			}
			m.whole(f.Next(f.Payload(last), offloadtest.ACK|offloadtest.PSH))
		}
	})
	for i := range 50 {
		for j, f := range flows {
			m.each(f, 300+10*j+i/10, offloadtest.ACK)
		}
	}
}

func shortFrames(m *maker) {
	const minimum = 60 // ETH_ZLEN in linux/if_ether.h
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for size := range 6 {
			p := f.Next(f.Payload(size), offloadtest.ACK)
			m.whole(p)
			p = f.Next(f.Payload(size), offloadtest.ACK)
			if pad := minimum - len(p); pad > 0 {
				p = append(p, make([]byte, pad)...)
			}
			m.whole(p)
		}
	})
}

func notIP(m *maker) {
	for _, etherType := range []uint16{unix.ETH_P_ARP, 100, 0x88b5, unix.ETH_P_LLDP} {
		for _, size := range []int{46, 47, 100, 100, 1500} {
			p := []byte{2, 0, 0, 0, 9, 9, 2, 0, 0, 0, 9, 8}
			p = binary.BigEndian.AppendUint16(p, etherType)
			for range min(size, m.mtu) {
				p = append(p, byte(m.random.Uint32()))
			}
			m.whole(p)
		}
	}
}

func vlan(m *maker) {
	for _, tags := range [][]byte{
		{0x81, 0x00, 0x00, 0x05},
		{0x81, 0x00, 0x60, 0x05},
		{0x81, 0x00, 0xef, 0xfe},
		{0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x05},
		{0x81, 0x00, 0x00, 0x07, 0x81, 0x00, 0x00, 0x05},
	} {
		forEach(m, func(s offloadtest.Spec) {
			s.Tags = tags
			f := m.flow(s)
			full := m.room(f)
			if len(tags) > offloadtest.VLANTagLen || tags[0] != 0x81 {
				full -= len(tags) // a packet socket lets a frame be longer by one tag of 802.1Q
			}
			for _, size := range []int{1, 300, 300, 300, full} {
				m.each(f, size, offloadtest.ACK)
			}
		})
	}
}
