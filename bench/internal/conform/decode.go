package conform

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"tunbench/offload/offloadtest"
)

// decode says in one line what a packet is.
func decode(packet []byte, ethernet bool) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	h, ok := offloadtest.Parse(packet, ethernet)
	if ethernet && len(packet) >= offloadtest.EthernetLen {
		say("Ethernet %s > %s, ", net.HardwareAddr(packet[6:12]), net.HardwareAddr(packet[:6]))
		for at := offloadtest.EthernetLen; at < h.L3 && at+2 <= len(packet); at += offloadtest.VLANTagLen {
			say("VLAN %d, ", binary.BigEndian.Uint16(packet[at:])&0xfff)
		}
	}
	if !ok {
		say("no IP header, %d bytes", len(packet))
		return b.String()
	}
	ip := packet[h.L3:]
	at, length := 8, 16
	if h.Version == 4 {
		at, length = 12, 4
	}
	from, _ := netip.AddrFromSlice(ip[at : at+length])
	to, _ := netip.AddrFromSlice(ip[at+length : at+2*length])
	say("IPv%d %s > %s, ", h.Version, from, to)
	if h.Version == 4 {
		say("length %d, TOS %#02x, ID %d, fragment %#04x, TTL %d, ", binary.BigEndian.Uint16(ip[2:]), ip[1], binary.BigEndian.Uint16(ip[4:]), binary.BigEndian.Uint16(ip[6:]), ip[8])
	} else {
		say("length %d, class %#02x, hop limit %d, ", binary.BigEndian.Uint16(ip[4:]), ip[0]<<4|ip[1]>>4, ip[7])
	}
	if !h.HasL4 {
		say("protocol %d, %d bytes", h.Protocol, len(packet))
		return b.String()
	}
	l4 := packet[h.L4:]
	source, target := binary.BigEndian.Uint16(l4), binary.BigEndian.Uint16(l4[2:])
	if h.Protocol == unix.IPPROTO_UDP {
		say("UDP %d > %d, length %d, checksum %#04x", source, target, binary.BigEndian.Uint16(l4[4:]), binary.BigEndian.Uint16(l4[6:]))
	} else {
		say("TCP %d > %d, seq %d, ack %d, flags %#03x, window %d, checksum %#04x", source, target, binary.BigEndian.Uint32(l4[4:]),
			binary.BigEndian.Uint32(l4[8:]), binary.BigEndian.Uint16(l4[12:])&0x1ff, binary.BigEndian.Uint16(l4[14:]), binary.BigEndian.Uint16(l4[16:]))
	}
	say("; %d bytes", len(packet))
	return b.String()
}
