package offload

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestCoalesceAdmission changes one thing about the third of five packets.
func TestCoalesceAdmission(t *testing.T) {
	const (
		udp4 = 1 << iota
		tcp4
		udp6
		tcp6

		v4, v6   = udp4 | tcp4, udp6 | tcp6
		udp, tcp = udp4 | udp6, tcp4 | tcp6
		all      = udp | tcp
	)
	var (
		merges = []int{5}
		ends   = []int{3, 2} // joins, and is the last one
		alone  = []int{2, 1, 2}
	)
	flags := func(f byte) func([]byte) []byte {
		return edited(func(_, l4 []byte) { l4[13] ^= f })
	}
	for _, tc := range []struct {
		name   string
		flows  int
		change func(frame []byte) []byte
		want   []int
	}{
		{"nothing", all, func(f []byte) []byte { return f }, merges},

		{"TTL", v4, edited(func(ip, _ []byte) { ip[8]-- }), alone},
		{"hop limit", v6, edited(func(ip, _ []byte) { ip[7]-- }), alone},
		{"ECN", v4, edited(func(ip, _ []byte) { ip[1] ^= 1 }), alone},
		{"DSCP", v4, edited(func(ip, _ []byte) { ip[1] ^= 0x80 }), alone},
		{"ECN", v6, edited(func(ip, _ []byte) { ip[1] ^= 0x10 }), alone},
		{"flow label", v6, edited(func(ip, _ []byte) { ip[3]++ }), alone},
		{"without DF", v4, edited(func(ip, _ []byte) { ip[6] = 0 }), alone},
		{"reserved IP flag", v4, edited(func(ip, _ []byte) { ip[6] |= 0x80 }), alone},
		{"more fragments", v4, edited(func(ip, _ []byte) { ip[6] = 0x20 }), alone},
		{"later IP fragment", v4, edited(func(ip, _ []byte) { ip[7] = 1 }), alone},
		{"identification skips one", v4, edited(func(ip, _ []byte) { ip[5]++ }), []int{2, 2, 1}}, // is the next one's
		{"identification again", v4, edited(func(ip, _ []byte) { ip[5]-- }), alone},
		{"other protocol", all, edited(func(ip, _ []byte) { ip[9-3*(ip[0]>>6&1)]++ }), alone},
		{"IP checksum", v4, raw(func(_, ip, _ []byte) { ip[10]++ }), alone},
		{"IP length too short", all, raw(func(_, ip, _ []byte) { ip[3-2*(ip[0]>>5&1)+4*(ip[0]>>5&1)]-- }), alone},
		{"version", all, raw(func(_, ip, _ []byte) { ip[0] = 0x55 }), alone},

		{"UDP checksum", udp, raw(func(_, _, l4 []byte) { l4[6] ^= 1 }), alone},
		{"TCP checksum", tcp, raw(func(_, _, l4 []byte) { l4[16] ^= 1 }), alone},
		{"payload", all, raw(func(_, _, l4 []byte) { l4[len(l4)-1]++ }), alone},
		{"no UDP checksum", udp, raw(func(_, _, l4 []byte) { l4[6], l4[7] = 0, 0 }), alone},
		{"UDP length", udp, edited(func(_, l4 []byte) { l4[5]-- }), alone},
		{"DATA_VALID", all, raw(func(frame, _, _ []byte) { frame[0] = unix.VIRTIO_NET_HDR_F_DATA_VALID }), merges},
		{"NEEDS_CSUM", all, partial, merges},
		{"NEEDS_CSUM, wrong pseudo header", all, func(f []byte) []byte { partial(f)[f[6]+VnetHdrLen+f[8]]++; return f }, alone},
		{"NEEDS_CSUM elsewhere", all, func(f []byte) []byte { partial(f)[6]++; return f }, alone},
		{"NEEDS_CSUM, wrong field", all, func(f []byte) []byte { partial(f)[8]++; return f }, alone},
		{"unknown vnet flag", all, raw(func(frame, _, _ []byte) { frame[0] = 0x10 }), alone},
		{"unknown GSO type", all, raw(func(frame, _, _ []byte) { frame[1] = 0x42 }), alone},

		{"FIN", tcp, flags(0x01), ends},
		{"PSH", tcp, flags(0x08), ends},
		{"SYN", tcp, flags(0x02), alone},
		{"RST", tcp, flags(0x04), alone},
		{"URG", tcp, flags(0x20), alone},
		{"CWR", tcp, flags(0x80), alone},
		{"ECE", tcp, flags(0x40), alone},
		{"reserved TCP flag", tcp, edited(func(_, l4 []byte) { l4[12] ^= 1 }), alone},
		{"window", tcp, edited(func(_, l4 []byte) { l4[15]-- }), alone},
		{"acknowledgment", tcp, edited(func(_, l4 []byte) { l4[11]++ }), alone},
		{"urgent pointer", tcp, edited(func(_, l4 []byte) { l4[19]++ }), alone},
		{"sequence", tcp, edited(func(_, l4 []byte) { l4[7]++ }), alone},
		{"data offset too short", tcp, raw(func(_, _, l4 []byte) { l4[12] = 0x40 }), alone},
		{"data offset too long", tcp, raw(func(_, _, l4 []byte) { l4[12] = 0xf0 }), alone},
		{"options", tcp, edited(func(_, l4 []byte) { l4[12] = 0x60 }), alone},
	} {
		for i, flow := range flowNames {
			if tc.flows&(1<<i) == 0 {
				continue
			}
			t.Run(tc.name+"/"+flow.name, func(t *testing.T) {
				frames := Flow(flow.version, flow.protocol, 5, 100, 100, 0)
				frames[2] = tc.change(frames[2])
				cfg := CoalesceConfig{MaxPackets: 5, VnetHdrLen: VnetHdrLen, MaxSegments: 64}
				got := checkAll(t, cfg, frames)
				if diff := cmp.Diff(tc.want, packetsOf(got)); diff != "" {
					t.Errorf("packets of each output (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// packetsOf returns how many packets each output is of.
func packetsOf(results []result) []int {
	var n []int
	for _, r := range results {
		n = append(n, r.Packets)
	}
	return n
}

// edited is a packet whose checksums are made right after a change.
func edited(change func(ip, l4 []byte)) func(frame []byte) []byte {
	return func(frame []byte) []byte {
		packet := frame[VnetHdrLen:]
		l4, protocol := 40, packet[6]
		if packet[0]>>4 == 4 {
			l4, protocol = 20, packet[9]
		}
		change(packet, packet[l4:])
		if l4 == 20 {
			binary.BigEndian.PutUint16(packet[10:], 0)
			binary.BigEndian.PutUint16(packet[10:], ^slowSum(packet[:20], 0))
		}
		complete(packet, 0, l4, protocol)
		return frame
	}
}

// raw is a packet that is changed and left so.
func raw(change func(frame, ip, l4 []byte)) func(frame []byte) []byte {
	return func(frame []byte) []byte {
		ip, l4 := frame[VnetHdrLen:], 40
		if ip[0]>>4 == 4 {
			l4 = 20
		}
		change(frame, ip, ip[l4:])
		return frame
	}
}

// partial is a packet whose checksum is left to be completed.
func partial(frame []byte) []byte {
	packet := frame[VnetHdrLen:]
	var h Headers
	if f := h.Parse(packet, 0); f != FaultNone {
		panic(f)
	}
	hdr := VnetHdr{Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, CsumStart: uint16(h.L4), CsumOffset: uint16(l4CheckAt(h.Protocol))}
	binary.BigEndian.PutUint16(packet[h.L4+l4CheckAt(h.Protocol):], slowPseudo(packet, 0, h.Protocol, h.End-h.L4))
	_ = hdr.Encode(frame)
	return frame
}
