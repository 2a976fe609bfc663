package faulty

import (
	"encoding/binary"
	"testing"
)

// udp4 and udp6 build packets to the port of which only the headers' shape is right.
func udp4(port uint16, payload string) []byte {
	p := make([]byte, 20, 28+len(payload))
	p[0], p[9] = 0x45, 17
	return appendUDP(p, port, payload)
}

func udp6(port uint16, payload string) []byte {
	p := make([]byte, 40, 48+len(payload))
	p[0], p[6] = 0x60, 17
	return appendUDP(p, port, payload)
}

func appendUDP(p []byte, port uint16, payload string) []byte {
	p = binary.BigEndian.AppendUint16(p, 1)
	p = binary.BigEndian.AppendUint16(p, port)
	return append(append(p, 0, 0, 0, 0), payload...)
}

func inEthernet(ip []byte) []byte { return append(make([]byte, 14), ip...) }

// with changes one byte.
func with(packet []byte, at int, value byte) []byte {
	packet[at] = value
	return packet
}

func TestUDPPayload(t *testing.T) {
	withOptions := append(with(udp4(0, "")[:20], 0, 0x46), make([]byte, 4)...)
	for name, test := range map[string]struct {
		packet   []byte
		ethernet bool
		payload  int // where it begins; 0: not UDP
	}{
		"IPv4":                {udp4(77, "x"), false, 28},
		"IPv6":                {udp6(77, "x"), false, 48},
		"IPv4 in Ethernet":    {inEthernet(udp4(77, "x")), true, 42},
		"IPv6 in Ethernet":    {inEthernet(udp6(77, "x")), true, 62},
		"options":             {appendUDP(withOptions, 77, ""), false, 32},
		"do not fragment":     {with(udp4(77, ""), 6, 0x40), false, 28},
		"first fragment":      {with(udp4(77, ""), 6, 0x20), false, 0},
		"later fragment":      {with(udp4(77, ""), 7, 1), false, 0},
		"TCP":                 {with(udp4(77, ""), 9, 6), false, 0},
		"TCP over IPv6":       {with(udp6(77, ""), 6, 6), false, 0},
		"no IP":               {with(udp4(77, ""), 0, 0x15), false, 0},
		"header cut":          {udp4(77, "")[:27], false, 0},
		"IPv6 header cut":     {udp6(77, "")[:39], false, 0},
		"Ethernet header cut": {make([]byte, 13), true, 0},
		"nothing":             {nil, false, 0},
	} {
		port, payload, ok := udpPayload(test.packet, test.ethernet)
		if ok != (test.payload > 0) || ok && (port != 77 || payload != test.payload) {
			t.Errorf("%s: port %d, payload at %d, %v", name, port, payload, ok)
		}
	}
}
