package conform

import (
	"fmt"

	"golang.org/x/sys/unix"

	"tunbench/offload/offloadtest"
)

func allSizes(m *maker, spec offloadtest.Spec) {
	f := m.flow(spec)
	// Beyond jumbo frames every size would be gigabytes.
	const everySize, samples = 9000, 200
	for size := 0; size <= m.room(f); size++ {
		if step := max(1, (m.room(f)-everySize)/samples); size > everySize && size != m.room(f) && (size-everySize)%step != 0 {
			continue
		}
		packet := f.Next(f.Payload(size), offloadtest.ACK)
		if size%2 == 0 {
			m.whole(packet)
		} else {
			m.partial(f, packet)
		}
	}
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
