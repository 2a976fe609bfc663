package conform

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"tunbench/offload/offloadtest"
)

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
			if protocol != unix.IPPROTO_NONE {
				m.superpacket(f, 300, 5, 77, 0, 0)
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
