package wgtun

import (
	"errors"
	"slices"
	"testing"

	fork "github.com/tailscale/wireguard-go/tun"
	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// written is the wire-size packets of the frames that were written.
func written(t *testing.T, f *fake) (packets [][]byte, frames int) {
	t.Helper()
	all := f.taken(t)
	for _, frame := range all {
		packets = append(packets, segments(frame)...)
	}
	return packets, len(all)
}

// TestWrite: what is written comes to what was given, each flow in order, and in few writes.
func TestWrite(t *testing.T) {
	_, want := mixture()
	for name, tc := range map[string]struct{ roomy, shared bool }{
		"a buffer each": {roomy: true},
		"a shared slab": {shared: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			d := newDevice(t, f)
			var got [][]byte
			frames := 0
			for from := 0; from < len(want); from += 300 {
				packets := want[from:min(from+300, len(want))]
				var bufs [][]byte
				memory := make([]byte, 0, 1<<20)
				for _, p := range packets {
					buf := append(make([]byte, headroom, 65535), p...)
					if tc.shared {
						memory = append(append(memory, make([]byte, headroom)...), p...)
						buf = memory[len(memory)-len(p)-headroom:]
					}
					bufs = append(bufs, buf)
				}
				n, err := d.writers[0].write(bufs, headroom, tc.roomy)
				if err != nil || n != len(packets) {
					t.Fatalf("%d packets of %d, %v", n, len(packets), err)
				}
				p, n := written(t, f)
				got = append(got, p...)
				frames += n
			}
			sameFlows(t, got, want)
			if frames > len(want)/2 {
				t.Errorf("%d writes for %d packets", frames, len(want))
			}
		})
	}
}

// sameFlows compares packets flow by flow.
func sameFlows(t *testing.T, got, want [][]byte) {
	t.Helper()
	sort := func(packets [][]byte) map[string][][]byte {
		flows := map[string][][]byte{}
		for _, p := range packets {
			key := "other"
			var h offload.Headers
			if h.Parse(p, 0) == offload.FaultNone && len(p) >= h.L4+4 {
				key = string(p[h.L4:][:4]) + string(p[h.L3])
			}
			flows[key] = append(flows[key], p)
		}
		return flows
	}
	all := sort(got)
	for key, packets := range sort(want) {
		same(t, all[key], packets)
		delete(all, key)
	}
	if len(all) > 0 {
		t.Errorf("packets of %d flows more", len(all))
	}
}

// TestWriteNeedsRoom: nothing is sent where one packet has none.
func TestWriteNeedsRoom(t *testing.T) {
	f := newFake(t)
	d := newDevice(t, f)
	packet := append(make([]byte, headroom), (&flow{}).packet(10)...)
	for _, tc := range []struct {
		bufs   [][]byte
		offset int
	}{
		{[][]byte{packet}, offload.VnetHdrLen - 1},
		{[][]byte{packet}, -1},
		{[][]byte{packet, packet[:headroom]}, headroom},
		{[][]byte{packet}, len(packet) + 1},
	} {
		if n, err := d.Write(tc.bufs, tc.offset); n != 0 || !errors.Is(err, ErrOffset) {
			t.Errorf("offset %d: %d, %v; want ErrOffset", tc.offset, n, err)
		}
	}
	if _, n := written(t, f); n != 0 {
		t.Errorf("%d frames were written", n)
	}
	if n, err := d.Write(nil, headroom); n != 0 || err != nil {
		t.Errorf("no packets: %d, %v", n, err)
	}
}

// TestWriteWaits: packets that find no room wait for it.
func TestWriteWaits(t *testing.T) {
	f := newFake(t)
	if err := unix.SetsockoptInt(f.queue.FD(), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096); err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, f)
	var bufs, want [][]byte
	for i := range 100 {
		one := &flow{port: uint16(i)} // so that nothing is coalesced
		want = append(want, one.packet(1000))
		bufs = append(bufs, append(make([]byte, headroom), want[i]...))
	}
	ended := make(chan error)
	go func() {
		n, err := d.Write(bufs, headroom)
		if n != len(bufs) {
			err = errors.Join(err, errors.New("not all"))
		}
		ended <- err
	}()
	var got [][]byte
	for {
		packets, _ := written(t, f)
		got = append(got, packets...)
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			packets, _ := written(t, f)
			same(t, append(got, packets...), want)
			return
		default:
		}
	}
}

// TestResend: a superpacket that the kernel refuses is sent as its segments, and no more of its
// protocol are made.
func TestResend(t *testing.T) {
	for _, tcp := range []bool{false, true} {
		f := newFake(t)
		w := newDevice(t, f).writers[0]
		stream := &flow{tcp: tcp, port: 1}
		batch := func(f *flow) (bufs, packets [][]byte) {
			for i := range 20 {
				packets = append(packets, f.packet(1000))
				bufs = append(bufs, append(make([]byte, headroom), packets[i]...))
			}
			return bufs, packets
		}
		bufs, want := batch(stream)
		if err := w.add(bufs, headroom, true); err != nil {
			t.Fatal(err)
		}
		outs := w.coalescer.Flush()
		if len(outs) != 1 {
			t.Fatalf("%d outputs, want 1", len(outs))
		}
		if !w.takeApart(&outs[0]) || !w.resend() {
			t.Fatal("its segments were not sent")
		}
		got, frames := written(t, f)
		same(t, got, want)
		if frames != len(want) || w.err != nil {
			t.Errorf("%d frames, %v; want %d", frames, w.err, len(want))
		}
		for other, want := range map[bool]int{tcp: 20, !tcp: 1} {
			bufs, packets := batch(&flow{tcp: other, port: 2})
			if n, err := w.write(bufs, headroom, true); n != len(bufs) || err != nil {
				t.Errorf("%d packets, %v", n, err)
			}
			got, frames := written(t, f)
			same(t, got, packets)
			if frames != want {
				t.Errorf("%d frames with tcp=%v, want %d", frames, other, want)
			}
		}
	}
}

// TestResendWaits: where the queue takes no more, the segments that are left follow when it does, each once.
func TestResendWaits(t *testing.T) {
	f := newFake(t)
	w := newDevice(t, f).writers[0]
	stream := &flow{tcp: true, port: 1}
	var bufs, want [][]byte
	for range 20 {
		want = append(want, stream.packet(1000))
		bufs = append(bufs, append(make([]byte, headroom), want[len(want)-1]...))
	}
	if err := w.add(bufs, headroom, true); err != nil {
		t.Fatal(err)
	}
	w.outs = w.coalescer.Flush()
	if len(w.outs) != 1 || !w.takeApart(&w.outs[0]) {
		t.Fatalf("%d outputs, want 1 that has segments", len(w.outs))
	}
	// Fill the queue with what is told apart from packets, a small frame last.
	fillers := 0
	for size := 60000; size >= 1; size /= 2 {
		for {
			if _, err := unix.Write(w.queue.FD(), make([]byte, size)); err != nil {
				break
			}
			fillers++
		}
	}
	if w.flush(0) {
		t.Fatal("a full queue took segments")
	}
	var got [][]byte
	buf := make([]byte, 1<<16)
	for done := false; !done || len(got) < len(want); {
		n, err := unix.Read(f.fd, buf)
		switch {
		case err == nil && fillers > 0:
			fillers--
		case err == nil:
			got = append(got, segments(slices.Clone(buf[:n]))...)
		case done:
			t.Fatalf("%d segments, want %d", len(got), len(want))
		}
		if !done {
			done = w.flush(0)
		}
	}
	if len(w.outs) != 0 || w.err != nil || w.written != len(want) {
		t.Errorf("%d outputs left, %v, %d written", len(w.outs), w.err, w.written)
	}
	same(t, got, want)
}

// TestAllocations: no packet costs one, on either way.
func TestAllocations(t *testing.T) {
	f := newFake(t)
	d, q := newDevice(t, f), newQueue(t, f)
	stream, datagrams := &flow{tcp: true, port: 1}, &flow{port: 2}
	super, single := stream.super(1340, 60000), framed(offload.VnetHdr{}, datagrams.packet(172))
	bufs, sizes := make([][]byte, BatchSize), make([]int, BatchSize)
	for i := range bufs {
		bufs[i] = make([]byte, 65535)
	}
	slab, metas := make([]byte, 2*65535), make([]fork.ReadPacket, BatchSize)
	sink := make([]byte, frameLen)
	var failed error
	check := func(err error) {
		if err != nil {
			failed = err
		}
	}
	allocs := testing.AllocsPerRun(100, func() {
		for _, frame := range [][]byte{super, single, single} {
			_, err := unix.Write(f.fd, frame)
			check(err)
		}
		n, err := d.Read(bufs, sizes, headroom)
		check(err)
		for i := range bufs[:n] {
			bufs[i] = bufs[i][:headroom+sizes[i]]
		}
		_, err = d.Write(bufs[:n], headroom)
		check(err)
		for i := range bufs[:n] {
			bufs[i] = bufs[i][:65535]
		}
		for {
			if _, err := unix.Read(f.fd, sink); err != nil {
				break
			}
		}
		_, err = unix.Write(f.fd, single)
		check(err)
		_, err = q.Read(slab, metas)
		check(err)
	})
	if allocs != 0 || failed != nil {
		t.Errorf("%v allocations, %v", allocs, failed)
	}
}
