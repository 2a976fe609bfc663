package conform

import (
	"bytes"

	"tunbench/offload/offloadtest"
)

// flowNumbers gives numbers to flows: packets of one number keep their order.
type flowNumbers struct {
	ethernet bool
	// tagged says that packets with VLAN tags keep their order too. With several queues they
	// do not: a packet socket says that their network header is the tag, so that the kernel
	// takes the IP length for a part of the flow (packet_parse_headers in
	// net/packet/af_packet.c) and chooses any queue.
	tagged  bool
	numbers map[string]int
}

func (n *flowNumbers) of(packet []byte) int {
	h, ok := offloadtest.Parse(packet, n.ethernet)
	var key []byte
	switch {
	case n.ethernet && h.L3 > offloadtest.EthernetLen && !n.tagged:
		return offloadtest.Unordered
	case !ok:
		key = packet[:min(len(packet), offloadtest.EthernetLen)]
	default:
		key = bytes.Clone(packet[:h.L3])
		ip := packet[h.L3:]
		if h.Version == 4 {
			key = append(key, ip[12:20]...)
		} else {
			key = append(key, ip[8:40]...)
		}
		key = append(key, h.Protocol)
		if h.HasL4 {
			key = append(key, packet[h.L4:h.L4+4]...)
		}
	}
	if _, known := n.numbers[string(key)]; !known {
		n.numbers[string(key)] = len(n.numbers)
	}
	return n.numbers[string(key)]
}
