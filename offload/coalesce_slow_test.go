package offload

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// slowRun is an output of the slow coalescer.
type slowRun struct {
	frames   []slowFrame
	closed   bool
	fixedIDs bool // once there are two frames
}

// slowFrame is a frame taken apart.
type slowFrame struct {
	frame    []byte
	hdr      VnetHdr
	flow     string // empty: cannot be told
	l3       int    // from the start of the frame, as all positions here
	l4       int
	payload  int
	v6       bool
	tcp      bool
	merges   bool // in itself
	size     int
	segments int
}

// slowCoalesce is the Coalescer as one would explain it: all comparisons on whole
// headers, all sums over all bytes, flows in a map, every output copied together.
func slowCoalesce(cfg CoalesceConfig, frames [][]byte) []slowRun {
	var runs []*slowRun
	open := map[string]*slowRun{}
	for _, frame := range frames {
		f := slowRead(cfg, bytes.Clone(frame))
		if f.flow == "" {
			clear(open)
		} else if r := open[f.flow]; r != nil && r.accepts(cfg, f) {
			r.add(f)
			continue
		}
		r := &slowRun{frames: []slowFrame{f}, closed: !f.merges || f.ends(f.size) || f.tcp && f.size < 8}
		runs = append(runs, r)
		open[f.flow] = r
	}
	var out []slowRun
	for _, r := range runs {
		out = append(out, *r)
	}
	return out
}

func slowRead(cfg CoalesceConfig, frame []byte) slowFrame {
	f := slowFrame{frame: frame, segments: 1}
	if len(frame) < cfg.VnetHdrLen {
		return f
	}
	if err := f.hdr.Decode(frame); err != nil {
		return f
	}
	packet := frame[cfg.VnetHdrLen:]
	if f.hdr.IsSuperpacket() {
		if n, ok := f.hdr.HeaderLen(packet); ok {
			f.segments = f.hdr.SegmentCount(len(packet), n)
			if f.hdr.GSOType&gsoUDPTunnelMask == 0 {
				f.hdr.HdrLen = uint16(n)
				_ = f.hdr.Encode(frame)
			}
		}
	}
	l3 := 0
	if cfg.Ethernet {
		var fault Fault
		if l3, fault = L3Offset(packet); fault != FaultNone {
			return f
		}
	}
	f.l3 = cfg.VnetHdrLen + l3
	if len(packet) <= l3 {
		return f
	}
	var h Headers
	plain := false
	switch ip := packet[l3:]; {
	case ip[0] == 0x45 && len(ip) >= 28:
		total := int(binary.BigEndian.Uint16(ip[2:]))
		plain = (ip[9] == 6 || ip[9] == 17) && ip[6]&0xbf == 0 && ip[7] == 0 && total >= 28 && total <= len(ip)
		f.l4 = f.l3 + 20
		f.tcp = ip[9] == 6
	case ip[0]>>4 == 6 && len(ip) >= 48:
		total := 40 + int(binary.BigEndian.Uint16(ip[4:]))
		plain = (ip[6] == 6 || ip[6] == 17) && total >= 48 && total <= len(ip)
		f.l4 = f.l3 + 40
		f.tcp = ip[6] == 6
		f.v6 = true
	}
	if !plain {
		return f
	}
	f.flow = slowFlow(frame[f.l3:])
	if h.Parse(packet, l3) != FaultNone || h.End != len(packet) || h.L4Len != h.End-h.L4 || h.Payload == h.End {
		return f
	}
	f.payload = cfg.VnetHdrLen + h.Payload
	f.size = len(frame) - f.payload
	f.merges = f.flagsMerge() && f.csumMerges(cfg.VnetHdrLen, &h)
	if f.hdr.IsSuperpacket() {
		f.merges = f.merges && f.hdr.Validate(packet, l3) == FaultNone
		f.size = min(f.size, int(f.hdr.GSOSize))
	}
	return f
}

// slowFlow names the flow of an IP packet without options or extensions.
func slowFlow(ip []byte) string {
	if ip[0]>>4 == 4 {
		return "4" + string(ip[9]) + string(ip[12:24])
	}
	return "6" + string(ip[6]) + string(ip[8:44])
}

func (f *slowFrame) flagsMerge() bool {
	const synRstUrgCwr = 0x02 | 0x04 | 0x20 | 0x80
	return !f.tcp || f.frame[f.l4+13]&synRstUrgCwr == 0
}

// csumMerges reports whether the checksums are good and are what segmentation gives.
func (f *slowFrame) csumMerges(vnetHdrLen int, h *Headers) bool {
	if !f.v6 && (slowSum(f.frame[f.l3:f.l4], 0) != 0xffff || binary.BigEndian.Uint16(f.frame[f.l3+10:]) == 0xffff) {
		return false
	}
	at := 6
	if f.tcp {
		at = 16
	}
	check := binary.BigEndian.Uint16(f.frame[f.l4+at:])
	isPartial := f.hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0
	if !f.tcp && check == 0 || f.tcp && check == 0xffff && !isPartial {
		return false
	}
	switch f.hdr.Flags {
	case unix.VIRTIO_NET_HDR_F_DATA_VALID:
		return true
	case 0:
		return VerifyL4(f.frame[vnetHdrLen:], h) == ChecksumGood
	case unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, unix.VIRTIO_NET_HDR_F_NEEDS_CSUM | unix.VIRTIO_NET_HDR_F_DATA_VALID:
		return int(f.hdr.CsumStart) == f.l4-vnetHdrLen && int(f.hdr.CsumOffset) == at &&
			check == slowPseudo(f.frame, f.l3, h.Protocol, len(f.frame)-f.l4)
	}
	return false
}

// ends reports whether nothing may follow in an output of the segment size.
func (f *slowFrame) ends(size int) bool {
	const finPsh = 0x01 | 0x08
	return (len(f.frame)-f.payload)%size != 0 || f.tcp && f.frame[f.l4+13]&finPsh != 0
}

// masked returns everything before the payload, without what may differ.
func (f *slowFrame) masked(vnetHdrLen int) string {
	b := bytes.Clone(f.frame[vnetHdrLen:f.payload])
	l3, l4 := b[f.l3-vnetHdrLen:], b[f.l4-vnetHdrLen:]
	if f.v6 {
		clear(l3[4:6])
	} else {
		clear(l3[2:6])
		clear(l3[10:12])
	}
	if f.tcp {
		clear(l4[4:8])
		clear(l4[16:18])
		l4[13] &^= 0x09
	} else {
		clear(l4[4:8])
	}
	return string(b)
}

func (f *slowFrame) id() uint16 {
	if f.v6 {
		return 0
	}
	return binary.BigEndian.Uint16(f.frame[f.l3+4:])
}

func (r *slowRun) segments() (n int) {
	for _, f := range r.frames {
		n += f.segments
	}
	return n
}

// accepts reports whether the frame may join. A run that refuses one is closed: order.
func (r *slowRun) accepts(cfg CoalesceConfig, f slowFrame) bool {
	first, length := r.frames[0], 0
	for _, g := range r.frames {
		length += len(g.frame) - g.payload
	}
	payload := len(f.frame) - f.payload
	fixed, counting := f.id() == first.id() && (f.v6 || f.frame[f.l3+6] == 0x40), f.id()-first.id() == uint16(r.segments())
	if len(r.frames) > 1 {
		fixed, counting = fixed && r.fixedIDs, counting && !r.fixedIDs
	}
	ok := !r.closed && f.merges &&
		f.masked(cfg.VnetHdrLen) == first.masked(cfg.VnetHdrLen) &&
		(fixed || counting) &&
		(!f.tcp || binary.BigEndian.Uint32(f.frame[f.l4+4:]) == binary.BigEndian.Uint32(first.frame[f.l4+4:])+uint32(length)) &&
		r.segments()+f.segments <= cfg.MaxSegments &&
		len(first.frame)-first.l3-(len(first.frame)-first.payload)+length+payload <= 65535
	if f.segments == 1 {
		ok = ok && payload <= first.size
	} else {
		ok = ok && f.size == first.size
	}
	r.closed = r.closed || !ok
	return ok
}

func (r *slowRun) add(f slowFrame) {
	if len(r.frames) == 1 {
		r.fixedIDs = f.id() == r.frames[0].id()
	}
	r.frames = append(r.frames, f)
	r.closed = f.ends(r.frames[0].size)
}

// bytes returns the output in one piece.
func (r *slowRun) bytes(cfg CoalesceConfig) []byte {
	f := r.frames[0]
	if len(r.frames) == 1 {
		return f.frame
	}
	b := bytes.Clone(f.frame)
	for _, g := range r.frames[1:] {
		b = append(b, g.frame[g.payload:]...)
		if f.tcp {
			b[f.l4+13] |= g.frame[g.l4+13]
		}
	}
	gsoType, at, protocol := uint8(unix.VIRTIO_NET_HDR_GSO_UDP_L4), 6, uint8(unix.IPPROTO_UDP)
	if f.tcp {
		gsoType, at, protocol = unix.VIRTIO_NET_HDR_GSO_TCPV4, 16, unix.IPPROTO_TCP
		if f.v6 {
			gsoType = unix.VIRTIO_NET_HDR_GSO_TCPV6
		}
	} else {
		binary.BigEndian.PutUint16(b[f.l4+4:], uint16(len(b)-f.l4))
	}
	if f.v6 {
		binary.BigEndian.PutUint16(b[f.l3+4:], uint16(len(b)-f.l4))
	} else {
		binary.BigEndian.PutUint16(b[f.l3+2:], uint16(len(b)-f.l3))
		clear(b[f.l3+10 : f.l3+12])
		binary.BigEndian.PutUint16(b[f.l3+10:], ^slowSum(b[f.l3:f.l4], 0))
	}
	binary.BigEndian.PutUint16(b[f.l4+at:], slowPseudo(b, f.l3, protocol, len(b)-f.l4))
	clear(b[:cfg.VnetHdrLen])
	hdr := VnetHdr{
		Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, GSOType: gsoType,
		HdrLen: uint16(f.payload - cfg.VnetHdrLen), GSOSize: uint16(f.size),
		CsumStart: uint16(f.l4 - cfg.VnetHdrLen), CsumOffset: uint16(at),
	}
	_ = hdr.Encode(b)
	return b
}
