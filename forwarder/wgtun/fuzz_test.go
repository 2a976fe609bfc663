package wgtun

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	fork "github.com/tailscale/wireguard-go/tun"

	"tunbench/offload"
)

// frames are what a fuzzer's bytes say: each a length of two bytes and as many bytes.
func frames(data []byte) (all [][]byte) {
	for len(data) > 2 {
		n := min(int(binary.LittleEndian.Uint16(data)), len(data)-2)
		if n > 0 {
			all = append(all, data[2:][:n])
		}
		data = data[2+n:]
	}
	return all
}

func bytesOf(frames ...[]byte) (data []byte) {
	for _, frame := range frames {
		data = append(binary.LittleEndian.AppendUint16(data, uint16(len(frame))), frame...)
	}
	return data
}

// FuzzRead: whatever a device gives, both interfaces hand out what it stands for, within the memory that
// they were given.
func FuzzRead(f *testing.F) {
	stream, datagrams := &flow{tcp: true, port: 1}, &flow{v6: true, port: 2}
	f.Add(bytesOf(stream.super(100, 350), framed(offload.VnetHdr{}, datagrams.packet(10)), datagrams.super(1, 70)), uint16(3), uint16(400))
	lies := stream.super(100, 350)
	lies[6]++
	f.Add(bytesOf(lies, stream.super(9, 1300)[:200]), uint16(200), uint16(64))
	f.Fuzz(func(t *testing.T, data []byte, batch, length uint16) {
		end, other := newFake(t), newFake(t)
		d, q := newDevice(t, end), newQueue(t, other)
		var want [][]byte
		most := int(length)%3000 + 100
		for _, frame := range frames(data) {
			if len(frame) <= offload.VnetHdrLen || !end.give(t, frame) || !other.give(t, frame) {
				continue
			}
			for _, p := range segments(frame) {
				if len(p) > most {
					break // and the rest of a superpacket with it
				}
				want = append(want, p)
			}
		}
		// The last one ends both.
		last := (&flow{port: 99}).packet(20)
		if !end.give(t, framed(offload.VnetHdr{}, last)) || !other.give(t, framed(offload.VnetHdr{}, last)) {
			return
		}
		want = append(want, last)

		count := int(batch)%(2*BatchSize) + 1
		bufs, sizes := make([][]byte, count), make([]int, count)
		memory := make([]byte, count*(headroom+most+1))
		for i := range bufs {
			bufs[i] = memory[i*(headroom+most+1):][:headroom+most]
		}
		got := [][]byte{}
		for len(got) < len(want) {
			n, err := d.Read(bufs, sizes, headroom)
			if n == 0 && err == nil {
				t.Fatal("a Read without anything")
			}
			for i := range n {
				got = append(got, append([]byte(nil), bufs[i][headroom:][:sizes[i]]...))
				if memory[i*(headroom+most+1)] != 0 || memory[(i+1)*(headroom+most+1)-1] != 0 {
					t.Fatal("it wrote beside the packet")
				}
			}
		}
		same(t, got, want)

		slab, metas := make([]byte, most+2*fork.ReadPacketSpacing), make([]fork.ReadPacket, count)
		got = got[:0]
		for len(got) < len(want) {
			n, _ := q.Read(slab, metas)
			for _, m := range metas[:n] {
				got = append(got, append([]byte(nil), slab[m.Offset:][:m.Size]...))
			}
		}
		same(t, got, want)
	})
}

// FuzzWrite: packets of several flows in any mixture, some of them damaged, come to what they are.
func FuzzWrite(f *testing.F) {
	f.Add(uint64(1), uint16(100), false)
	f.Add(uint64(2), uint16(300), true)
	f.Fuzz(func(t *testing.T, seed uint64, count uint16, roomy bool) {
		random := rand.New(rand.NewPCG(seed, 0))
		var flows []*flow
		for i := range 1 + random.IntN(6) {
			flows = append(flows, &flow{v6: random.IntN(2) == 0, tcp: random.IntN(2) == 0, port: uint16(i), next: random.Uint32(), id: uint16(random.Uint32())})
		}
		var want, bufs [][]byte
		memory := make([]byte, 0, 1<<20)
		size := 1 + random.IntN(1400)
		for range count % 400 {
			if random.IntN(8) == 0 {
				size = 1 + random.IntN(1400)
			}
			p := flows[random.IntN(len(flows))].packet(size)
			if random.IntN(10) == 0 {
				// Ports and version stay, so that it can be told whose it was.
				p[len(p)-1-random.IntN(size)] ^= 1 << random.IntN(8)
			}
			want = append(want, append([]byte(nil), p...))
			memory = append(append(memory, make([]byte, headroom)...), p...)
			bufs = append(bufs, memory[len(memory)-len(p)-headroom:])
			if roomy {
				bufs[len(bufs)-1] = append(make([]byte, headroom, 4096), p...)
			}
		}
		end := newFake(t)
		if n, err := newDevice(t, end).writers[0].write(bufs, headroom, roomy); n != len(bufs) || err != nil {
			t.Fatalf("%d packets of %d, %v", n, len(bufs), err)
		}
		got, _ := written(t, end)
		sameFlows(t, got, want)
	})
}
