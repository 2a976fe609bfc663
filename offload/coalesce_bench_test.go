package offload

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mixOf is a batch after batch of packets of equally many flows in turn.
type mixOf struct {
	protocol uint8
	flows    int
	size     func() int // of the IP packet
	vnetLen  int
}

// frames returns n frames in slots of slotLen bytes, as a forwarder would have them.
func (m mixOf) frames(n int) [][]byte {
	const slotLen = 8 << 10
	mem := make([]byte, n*slotLen)
	frames := make([][]byte, n)
	seqs := make([]uint32, m.flows)
	for i := range frames {
		f := i % m.flows
		packet, l4 := buildPacket(shape{version: 4, protocol: m.protocol, payload: m.size() - 20 - len(l4Header(m.protocol, nil, 0))})
		binary.BigEndian.PutUint16(packet[l4:], uint16(1024+f))
		binary.BigEndian.PutUint16(packet[4:], uint16(i/m.flows))
		binary.BigEndian.PutUint16(packet[10:], 0)
		binary.BigEndian.PutUint16(packet[10:], ^slowSum(packet[:20], 0))
		if m.protocol == unix.IPPROTO_TCP {
			binary.BigEndian.PutUint32(packet[l4+4:], seqs[f])
			seqs[f] += uint32(len(packet) - l4 - 20)
		}
		complete(packet, 0, l4, m.protocol)
		start := i*slotLen + i*11*64%4032
		frames[i] = append(mem[start:start+m.vnetLen:(i+1)*slotLen], packet...)
	}
	return frames
}

func BenchmarkCoalesce(b *testing.B) {
	fixed := func(n int) func() int { return func() int { return n } }
	type load struct {
		name string
		size func() int
	}
	loads := []load{{"64", fixed(64)}, {"1400", fixed(1400)}}
	random := load{"random", func() int { return 64 + rand.IntN(1337) }}
	run := func(protocol uint8, l load, flows, batch, copyLimit int) {
		name := map[uint8]string{unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp"}[protocol]
		if copyLimit != 0 {
			name += fmt.Sprintf("/copy=%d", copyLimit)
		}
		b.Run(fmt.Sprintf("proto=%s/size=%s/flows=%d/batch=%d", name, l.name, flows, batch), func(b *testing.B) {
			const vnetLen = VnetHdrLen
			frames := mixOf{protocol, flows, l.size, vnetLen}.frames(batch)
			heads := map[*byte][]byte{}
			for _, f := range frames {
				heads[&f[0]] = bytes.Clone(f[:54])
			}
			restore := func(outs []Output) {
				for _, o := range outs {
					base := o.Iovs[0].Base
					copy(unsafe.Slice(base, 54), heads[base])
				}
			}
			c := NewCoalescer(CoalesceConfig{MaxPackets: batch, VnetHdrLen: vnetLen, CopyLimit: copyLimit})
			b.ReportAllocs()
			outputs := 0
			for b.Loop() {
				for _, f := range frames {
					c.Add(f)
				}
				outs := c.Flush()
				outputs = len(outs)
				if outputs < batch {
					restore(outs)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/packet")
			b.ReportMetric(float64(batch)/float64(outputs), "packets/output")
		})
	}
	for _, protocol := range []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
		for _, l := range loads {
			for _, flows := range []int{1, 16, 64, 1000} {
				for _, batch := range []int{64, 256} {
					run(protocol, l, flows, batch, 0)
				}
			}
		}
		run(protocol, random, 1, 256, 0)
		run(protocol, random, 1000, 256, 0)
	}
}
