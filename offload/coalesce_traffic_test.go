package offload

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// script is bytes that say what traffic to make: four for each packet, so that a fuzzer
// may take one out, or change one thing about it.
type script []byte

// next takes the bytes of one packet off.
func (s *script) next() (op [4]byte, ok bool) {
	if len(*s) < len(op) {
		return op, false
	}
	copy(op[:], *s)
	*s = (*s)[len(op):]
	return op, true
}

// What an op's first byte says beyond the flow, in its upper bits: what is odd about the
// packet. Most values mean nothing.
const (
	quirkNone = iota
	quirkL4Checksum
	quirkIPChecksum
	quirkHopLimit
	quirkTrafficClass
	quirkDontFragment
	quirkID
	quirkFixedID
	quirkTCPFlags
	quirkWindow
	quirkAck
	quirkOptions
	quirkSeq
	quirkNoChecksum
	quirkFragment
	quirkProtocol
	quirkShort
	quirkPadded
	quirkIPHeaderLen
	quirkDataValid
	quirkNeedsCsum
	quirkNeedsCsumElsewhere
	quirkNeedsCsumDamaged
	quirkVnetFlags
	quirkUDPLen
	quirkSuper
	quirkSuperDamaged
	quirkEthernet
	quirkOtherForm
	numQuirks
)

// quirks has the quirk of each value of six bits.
func quirkOf(bits byte) int {
	if int(bits) < 64-numQuirks {
		return quirkNone
	}
	return int(bits) - (64 - numQuirks)
}

// traffic makes frames of a few flows.
type traffic struct {
	cfg   CoalesceConfig
	id    [4]uint16
	seq   [4]uint32
	first byte // to have every payload differ
}

// frames plays the whole script.
func (t *traffic) frames(s script) [][]byte {
	var frames [][]byte
	for {
		op, ok := s.next()
		if !ok {
			return frames
		}
		frames = append(frames, t.frame(op))
	}
}

// sizes of payloads, by three bits: equal ones are frequent.
var sizes = [8]int{36, 36, 36, 1, 0, 100, 300, 35}

// frame makes one. op: flow and quirk; size; what the quirk needs; room behind it.
func (t *traffic) frame(op [4]byte) []byte {
	flow, quirk, arg := op[0]&3, quirkOf(op[0]>>2), op[2]
	super := quirk == quirkSuper || quirk == quirkSuperDamaged
	size, count := sizes[op[1]&7], 1
	if super {
		count = 1 + int(op[1]>>3)
	}
	payload := size * count
	if super && arg&1 != 0 {
		payload -= size / 2
	}
	s := shape{version: 4, protocol: unix.IPPROTO_UDP, payload: payload}
	if flow&1 != 0 {
		s.protocol = unix.IPPROTO_TCP
		s.tcpOptions = []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
	}
	if flow&2 != 0 {
		s.version = 6
	}
	if t.cfg.Ethernet {
		s.link = []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0}
		if s.version == 6 {
			s.link[12], s.link[13] = 0x86, 0xdd
		}
	}
	packet, l4 := buildPacket(s)
	l3 := len(s.link)
	t.first++
	if payload > 0 {
		packet[len(packet)-payload] = t.first
	}
	ip, tcp := packet[l3:], packet[l4:]
	id, seq := &t.id[flow], &t.seq[flow]
	switch quirk {
	case quirkID:
		*id += uint16(arg)
	case quirkFixedID:
		*id -= uint16(count)
	case quirkSeq:
		*seq += uint32(arg)
	case quirkHopLimit:
		ip[map[uint8]int{4: 8, 6: 7}[s.version]] = arg
	case quirkTrafficClass:
		ip[1] = arg
	case quirkDontFragment:
		if s.version == 4 {
			ip[6] = 0
		}
	case quirkFragment:
		if s.version == 4 {
			ip[6+arg&1] |= arg
		}
	case quirkProtocol:
		ip[map[uint8]int{4: 9, 6: 6}[s.version]] = arg
	case quirkEthernet:
		packet[0] = arg
	}
	if s.version == 4 {
		binary.BigEndian.PutUint16(ip[4:], *id)
	}
	if s.protocol == unix.IPPROTO_TCP {
		binary.BigEndian.PutUint32(tcp[4:], *seq)
		switch quirk {
		case quirkTCPFlags:
			tcp[13] ^= arg
		case quirkWindow:
			tcp[15] = arg
		case quirkAck:
			tcp[11] = arg
		case quirkOptions:
			tcp[20+arg%12] ^= 0x10
		}
	} else if quirk == quirkUDPLen {
		tcp[5] ^= arg
	}
	*id += uint16(count)
	*seq += uint32(payload)
	return t.finish(packet, l3, l4, size, quirk, op)
}

// finish adds checksums and the vnet header.
func (t *traffic) finish(packet []byte, l3, l4, size, quirk int, op [4]byte) []byte {
	arg := op[2]
	ip := packet[l3:]
	v4, protocol := ip[0]>>4 == 4, uint8(unix.IPPROTO_UDP)
	if op[0]&1 != 0 {
		protocol = unix.IPPROTO_TCP
	}
	at := l4 + l4CheckAt(protocol)
	if v4 {
		binary.BigEndian.PutUint16(ip[10:], 0)
		binary.BigEndian.PutUint16(ip[10:], ^slowSum(ip[:20], 0))
	}
	complete(packet, l3, l4, protocol)
	var hdr VnetHdr
	partial := func() {
		hdr.Flags = unix.VIRTIO_NET_HDR_F_NEEDS_CSUM | arg&unix.VIRTIO_NET_HDR_F_DATA_VALID
		hdr.CsumStart, hdr.CsumOffset = uint16(l4), uint16(at-l4)
		binary.BigEndian.PutUint16(packet[at:], slowPseudo(packet, l3, protocol, len(packet)-l4))
	}
	switch quirk {
	case quirkL4Checksum:
		packet[at] ^= arg
	case quirkIPChecksum:
		if v4 {
			ip[10] ^= arg
		}
	case quirkIPHeaderLen:
		ip[0] ^= arg
	case quirkNoChecksum:
		packet[at], packet[at+1] = 0, 0
	case quirkOtherForm:
		packet[at], packet[at+1] = 0xff, 0xff
	case quirkShort:
		packet = packet[:len(packet)*int(arg)/256]
	case quirkPadded:
		packet = append(packet, make([]byte, arg)...)
	case quirkDataValid:
		hdr.Flags = unix.VIRTIO_NET_HDR_F_DATA_VALID
	case quirkNeedsCsum:
		partial()
	case quirkNeedsCsumElsewhere:
		partial()
		hdr.CsumStart += uint16(arg)
	case quirkNeedsCsumDamaged:
		partial()
		packet[at] ^= arg
	case quirkVnetFlags:
		hdr.Flags = arg
	case quirkSuper, quirkSuperDamaged:
		partial()
		hdr.GSOSize = uint16(size)
		hdr.HdrLen = uint16(arg)
		hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_UDP_L4
		if protocol == unix.IPPROTO_TCP {
			hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV4
			if !v4 {
				hdr.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV6
			}
		}
		if quirk == quirkSuperDamaged {
			hdr.GSOType ^= arg
		}
	}
	frame := make([]byte, t.cfg.VnetHdrLen, t.cfg.VnetHdrLen+len(packet)+16*int(op[3]))
	if err := hdr.Encode(frame); err != nil {
		panic(err)
	}
	return append(frame, packet...)
}

// joined returns the bytes of an output in one piece.
func joined(o Output) []byte {
	var b bytes.Buffer
	for _, v := range o.Iovs {
		b.Write(iovBytes(v))
	}
	return b.Bytes()
}

// Flow returns n packets of one flow, each behind a vnet header and in memory with room
// bytes to spare, for the tests outside of the package, too. The last one has lastPayload
// bytes of payload, all others payload.
func Flow(version, protocol uint8, n, payload, lastPayload, room int) [][]byte {
	var frames [][]byte
	for i := range n {
		length := payload
		if i == n-1 {
			length = lastPayload
		}
		packet, l4 := buildPacket(shape{version: version, protocol: protocol, payload: length})
		for k := len(packet) - length; k < len(packet); k++ {
			packet[k] += byte(i)
		}
		if version == 4 {
			binary.BigEndian.PutUint16(packet[4:], uint16(0xfff0+i))
			binary.BigEndian.PutUint16(packet[10:], 0)
			binary.BigEndian.PutUint16(packet[10:], ^slowSum(packet[:20], 0))
		}
		if protocol == unix.IPPROTO_TCP {
			binary.BigEndian.PutUint32(packet[l4+4:], 0xffffff00+uint32(i*payload))
		}
		complete(packet, 0, l4, protocol)
		frame := make([]byte, VnetHdrLen, VnetHdrLen+len(packet)+room)
		frames = append(frames, append(frame, packet...))
	}
	return frames
}
