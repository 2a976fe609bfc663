package conform

import (
	"golang.org/x/sys/unix"

	"tunbench/offload/offloadtest"
)

// superpacketCases are of every type, with every tail.
func superpacketCases() []Case {
	var cases []Case
	for _, t := range transports {
		spec := offloadtest.Spec{Version: t.version, Protocol: t.protocol}
		cases = append(cases, comparison(Legal, "superpackets-"+t.name, "superpackets of 2 to 64 segments, with every length of the last one", func(m *maker) {
			superpackets(m, spec)
		}))
	}
	return append(cases,
		comparison(Legal, "superpackets-flags", "TCP superpackets with CWR, ECE, PSH and FIN", superpacketFlags),
		comparison(Legal, "superpackets-between", "superpackets between packets of their flow", superpacketsBetween),
		onTAP("superpackets-vlan", "superpackets behind a VLAN tag", superpacketsVLAN),
	)
}

// longest is the length of the longest IP packet, in bytes.
const longest = 65535

func superpackets(m *maker, spec offloadtest.Spec) {
	f := m.flow(spec)
	const small = 100
	for tail := 1; tail <= small; tail++ {
		m.superpacket(f, small, 2, tail, 0, 0)
	}
	for segments := 1; segments < 64; segments++ {
		m.superpacket(f, small, segments, 1+segments, 0, 0)
	}
	full := m.room(f)
	for _, size := range []int{1, 2, 536, full - 1, full} {
		fit := min(40, (longest-(f.HeadersLen()-f.L3()))/size-1)
		if fit < 1 {
			continue // two segments are longer than a packet can be
		}
		for _, tail := range []int{1, max(1, size/2), max(1, size-1), size} {
			m.superpacket(f, size, 1, tail, 0, 0)
			m.superpacket(f, size, fit, tail, 0, 0)
		}
	}
}

func superpacketFlags(m *maker) {
	for _, version := range []int{4, 6} {
		for _, options := range [][]byte{nil, offloadtest.Timestamps()} {
			f := m.flow(offloadtest.Spec{Version: version, Protocol: unix.IPPROTO_TCP, TCPOptions: options})
			for _, first := range []uint16{0, offloadtest.CWR} {
				for _, last := range []uint16{0, offloadtest.PSH, offloadtest.FIN, offloadtest.PSH | offloadtest.FIN} {
					m.superpacket(f, 500, 5, 17, first, last)
				}
			}
		}
	}
}

func superpacketsBetween(m *maker) {
	forEach(m, func(s offloadtest.Spec) {
		f := m.flow(s)
		for range 20 {
			m.each(f, 300, offloadtest.ACK)
			m.superpacket(f, 300, 5, 300, 0, 0)
			m.superpacket(f, 300, 5, 299, 0, 0)
			m.each(f, 300, offloadtest.ACK)
			m.superpacket(f, 301, 3, 1, 0, 0)
		}
	})
}

func superpacketsVLAN(m *maker) {
	forEach(m, func(s offloadtest.Spec) {
		s.Tags = []byte{0x81, 0x00, 0x20, 0x05}
		f := m.flow(s)
		for _, tail := range []int{1, 99, 100} {
			m.superpacket(f, 100, 20, tail, 0, 0)
		}
	})
}
