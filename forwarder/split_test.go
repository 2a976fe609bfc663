package forwarder

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

// oneDirection is a direction to a wire, without a worker.
func oneDirection(t *testing.T, cfg Config) (*direction, wire, *[]string) {
	t.Helper()
	src, dst := newWire(t, "a", 0, offload.VnetHdrLen), newWire(t, "b", 0, offload.VnetHdrLen)
	cfg.A, cfg.B = []*tun.Queue{src.queue}, []*tun.Queue{dst.queue}
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	arena, err := newArena(2 * cfg.Batch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { arena.Close() })
	memory := [3]*frames{newFrames(arena, 0, cfg.Batch, offload.VnetHdrLen), newFrames(arena, cfg.Batch, cfg.Batch, offload.VnetHdrLen)}
	var notes []string
	d := newDirection(cfg, src.queue, dst.queue, memory, true, func(text string) { notes = append(notes, text) })
	return d, dst, &notes
}

// output makes one of frames in one piece each.
func output(segments int, pieces ...[]byte) *offload.Output {
	out := &offload.Output{Packets: 1, Segments: segments}
	for _, p := range pieces {
		iov := unix.Iovec{Base: &p[0]}
		iov.SetLen(len(p))
		out.Iovs = append(out.Iovs, iov)
	}
	return out
}

// TestRefusedSuperpacketGoesAsSegments: what a kernel refuses at run time is sent again
// as segments, said once, and split from then on.
func TestRefusedSuperpacketGoesAsSegments(t *testing.T) {
	for _, protocol := range []uint8{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
		d, dst, notes := oneDirection(t, Config{})
		f := offloadtest.RandomFlow(1, rand.New(rand.NewPCG(1, uint64(protocol))), offloadtest.NoLink, protocol)
		for range 2 {
			packets := [][]byte{f.Next(f.Payload(900), offloadtest.ACK), f.Next(f.Payload(900), offloadtest.ACK), f.Next(f.Payload(17), offloadtest.ACK)}
			super := f.Superpacket(packets, 900)
			if err := d.wrote(output(3, super[:500], super[500:]), unix.EINVAL); err != nil {
				t.Fatal(err)
			}
			for i, want := range packets {
				got, err := offloadtest.WirePackets(dst.receive(t), false)
				if err != nil || len(got) != 1 || offloadtest.Canonical(got[0], false) != offloadtest.Canonical(want, false) {
					t.Fatalf("protocol %d: segment %d of %d bytes is another packet (%v)", protocol, i, len(want), err)
				}
			}
			if !d.split.splits(super) {
				t.Errorf("protocol %d: the next one is not split at once", protocol)
			}
		}
		if len(*notes) != 1 {
			t.Errorf("notes %q, want one", *notes)
		}
		if d.gro != nil {
			t.Error("packets are coalesced still")
		}
		if d.counters.writtenSegments != 6 || d.published.stats().WriteErrors["EINVAL"] != 0 {
			t.Errorf("%d segments written, errors %v", d.counters.writtenSegments, d.published.stats().WriteErrors)
		}
	}
}

// TestRefusedPacketIsAnError: a refused packet that is no superpacket, or lies, stays one
// write error, and changes nothing for others.
func TestRefusedPacketIsAnError(t *testing.T) {
	d, _, notes := oneDirection(t, Config{})
	f := offloadtest.RandomFlow(1, rand.New(rand.NewPCG(1, 2)), offloadtest.NoLink, unix.IPPROTO_UDP)
	packet := f.Next(f.Payload(900), 0)
	lying := f.Superpacket([][]byte{packet}, 900)
	lying[4], lying[5] = 0, 0 // gso_size
	for _, b := range [][]byte{offloadtest.Frame(packet), lying} {
		if err := d.wrote(output(1, b), unix.EINVAL); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.published.stats().WriteErrors["EINVAL"]; got != 2 || len(*notes) != 0 || d.gro == nil {
		t.Errorf("%d errors, notes %q, coalescing %v", got, *notes, d.gro != nil)
	}
}
