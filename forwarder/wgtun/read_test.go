package wgtun

import (
	"bytes"
	"errors"
	"os"
	"testing"

	fork "github.com/tailscale/wireguard-go/tun"
	wireguard "golang.zx2c4.com/wireguard/tun"

	"tunbench/offload"
)

const headroom = 16 // MessageTransportHeaderSize of both device packages

// readAll reads until so many packets have come, by Reads into buffers.
func readAll(t *testing.T, d *Device, want, bufLen, batch int) (packets [][]byte, reads int) {
	t.Helper()
	bufs, sizes := make([][]byte, batch), make([]int, batch)
	for i := range bufs {
		bufs[i] = make([]byte, bufLen)
	}
	for len(packets) < want {
		for i := range bufs {
			bufs[i][0], bufs[i][headroom-1] = 0xaa, 0xaa
		}
		n, err := d.Read(bufs, sizes, headroom)
		if err != nil || n == 0 {
			t.Fatalf("read %d packets, %v; have %d of %d", n, err, len(packets), want)
		}
		reads++
		for i, size := range sizes[:n] {
			if bufs[i][0] != 0xaa || bufs[i][headroom-1] != 0xaa {
				t.Error("it wrote before the packet")
			}
			packets = append(packets, bytes.Clone(bufs[i][headroom:][:size]))
		}
	}
	return packets, reads
}

// readSlabs is readAll for the fork.
func readSlabs(t *testing.T, q *Queue, want, length, batch int) (packets [][]byte, reads int) {
	t.Helper()
	memory, metas := make([]byte, length), make([]fork.ReadPacket, batch)
	for len(packets) < want {
		n, err := q.Read(memory, metas)
		if err != nil || n == 0 {
			t.Fatalf("read %d packets, %v; have %d of %d", n, err, len(packets), want)
		}
		reads++
		at := 0
		for _, m := range metas[:n] {
			if m.Offset < at+fork.ReadPacketSpacing || m.Offset+m.Size+fork.ReadPacketSpacing > len(memory) {
				t.Fatalf("packet at %d of %d bytes, %d bytes long, the one before ends at %d", m.Offset, len(memory), m.Size, at)
			}
			at = m.Offset + m.Size
			packets = append(packets, bytes.Clone(memory[m.Offset:at]))
		}
	}
	return packets, reads
}

// mixture is frames of several flows, with what they stand for.
func mixture() (frames, packets [][]byte) {
	var flows []*flow
	for i := range 8 {
		flows = append(flows, &flow{v6: i&1 != 0, tcp: i&2 != 0, port: uint16(1000 + i)})
	}
	for i := range 200 {
		f := flows[i%len(flows)]
		switch i % 5 {
		case 0:
			frames = append(frames, f.super(1340, 1340*(2+i%46)-i%3))
		case 1:
			frames = append(frames, f.super(100, 100*(1+i%64)))
		case 2: // its checksum is still to be made
			frame := f.super(1400, 300+i)
			frame[1] = 0
			frames = append(frames, frame)
		default:
			frames = append(frames, framed(offload.VnetHdr{}, f.packet(1+i*7%1300)))
		}
	}
	for _, frame := range frames {
		packets = append(packets, segments(frame)...)
	}
	return frames, packets
}

// TestRead: each Read gives what there is, in order, whatever the memory that it is given.
func TestRead(t *testing.T) {
	frames, want := mixture()
	for name, read := range map[string]func(t *testing.T, f *fake) ([][]byte, int){
		"buffers": func(t *testing.T, f *fake) ([][]byte, int) {
			return readAll(t, newDevice(t, f), len(want), 65535, BatchSize)
		},
		"few buffers": func(t *testing.T, f *fake) ([][]byte, int) {
			return readAll(t, newDevice(t, f), len(want), 2000, 3)
		},
		"slab": func(t *testing.T, f *fake) ([][]byte, int) {
			return readSlabs(t, newQueue(t, f), len(want), 2*65535, BatchSize)
		},
		"short slab": func(t *testing.T, f *fake) ([][]byte, int) {
			return readSlabs(t, newQueue(t, f), len(want), 3000, BatchSize)
		},
		"few packets of a slab": func(t *testing.T, f *fake) ([][]byte, int) {
			return readSlabs(t, newQueue(t, f), len(want), 2*65535, 5)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			go func() {
				for _, frame := range frames {
					for !f.give(t, frame) {
					}
				}
			}()
			got, _ := read(t, f)
			same(t, got, want)
		})
	}
}

func same(t *testing.T, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d packets, want %d", len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("packet %d of %d: %x, want %x", i, len(want), got[i], want[i])
		}
	}
}

// TestReadTakesABatch: one Read gives all datagrams that the queue holds.
func TestReadTakesABatch(t *testing.T) {
	f, datagrams := newFake(t), &flow{port: 1}
	for range 100 {
		f.give(t, framed(offload.VnetHdr{}, datagrams.packet(172)))
	}
	if _, reads := readAll(t, newDevice(t, f), 100, 65535, BatchSize); reads != 1 {
		t.Errorf("%d reads, want 1", reads)
	}
}

// TestReadTakesTurns: a queue that is never empty does not keep out another.
func TestReadTakesTurns(t *testing.T) {
	busy, other := newFake(t), newFake(t)
	d := newDevice(t, busy, other)
	stream, lone := &flow{port: 1}, &flow{port: 2}
	other.give(t, framed(offload.VnetHdr{}, lone.packet(10)))
	for reads := range 3 {
		for range 2 * BatchSize {
			busy.give(t, framed(offload.VnetHdr{}, stream.packet(100)))
		}
		packets, _ := readAll(t, d, 1, 65535, BatchSize)
		for _, p := range packets {
			if len(p) == 38 {
				if reads == 0 {
					t.Error("it came before the queue that was to be first")
				}
				return
			}
		}
	}
	t.Error("the packet of the other queue did not come in three Reads")
}

// TestReadDropsWhatItCannotGive: it says so, and goes on.
func TestReadDropsWhatItCannotGive(t *testing.T) {
	f, stream := newFake(t), &flow{port: 1, tcp: true}
	d := newDevice(t, f)
	lies := stream.super(1000, 4000)
	lies[6] = 3 // csum_start
	long := stream.super(1000, 4000)
	short := framed(offload.VnetHdr{}, stream.packet(100))
	for _, frame := range [][]byte{lies, short[:4], short, long, short} {
		f.give(t, frame)
	}
	bufs, sizes := [][]byte{make([]byte, 500), make([]byte, 500)}, make([]int, 2)
	n, err := d.Read(bufs, sizes, headroom)
	if n != 2 || !errors.Is(err, wireguard.ErrTooManySegments) || d.Dropped() != 3 {
		t.Errorf("%d packets, %v, %d dropped; want 2, ErrTooManySegments, 3", n, err, d.Dropped())
	}
	q := newQueue(t, f)
	f.give(t, long)
	if n, err := q.Read(make([]byte, 600), make([]fork.ReadPacket, 8)); n != 0 || !errors.Is(err, fork.ErrTooManySegments) {
		t.Errorf("slab: %d packets, %v; want ErrTooManySegments", n, err)
	}
}

// TestCloseWakesReaders: whoever waits gets os.ErrClosed, and so does who comes later.
func TestCloseWakesReaders(t *testing.T) {
	for name, queues := range map[string]int{"one queue": 1, "several": 3} {
		t.Run(name, func(t *testing.T) {
			var fakes []*fake
			for range queues {
				fakes = append(fakes, newFake(t))
			}
			d := newDevice(t, fakes...)
			ended := make(chan error)
			bufs, sizes := [][]byte{make([]byte, 2000)}, make([]int, 1)
			go func() {
				_, err := d.Read(bufs, sizes, headroom)
				ended <- err
			}()
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if err := <-ended; !errors.Is(err, os.ErrClosed) {
				t.Errorf("the Read that waited: %v", err)
			}
			if _, err := d.Read(bufs, sizes, headroom); !errors.Is(err, os.ErrClosed) {
				t.Errorf("a Read after Close: %v", err)
			}
			packet := append(make([]byte, headroom), (&flow{}).packet(10)...)
			if _, err := d.Write([][]byte{packet}, headroom); !errors.Is(err, os.ErrClosed) {
				t.Errorf("a Write after Close: %v", err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
