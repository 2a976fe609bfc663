package conform

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"tunbench/offload/offloadtest"
)

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
