package offload

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func iovBytes(v unix.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

// difference is cmp.Diff for large values that are nearly always equal.
func difference(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// result is an output that can be compared.
type result struct {
	Packets, Segments int
	Frame             []byte
}

// coalesced returns what the Coalescer makes of copies of the frames, as free memory
// behind them as they have.
func coalesced(t testing.TB, cfg CoalesceConfig, frames [][]byte) []result {
	t.Helper()
	c := NewCoalescer(cfg)
	return addAndFlush(t, c, frames)
}

func addAndFlush(t testing.TB, c *Coalescer, frames [][]byte) []result {
	t.Helper()
	for _, f := range frames {
		c.Add(append(make([]byte, 0, cap(f)), f...))
	}
	var got []result
	for i, o := range c.Flush() {
		b := joined(o)
		if o.Bytes != len(b) {
			t.Errorf("output %d: %d bytes, says %d", i, len(b), o.Bytes)
		}
		if len(o.Iovs) > o.Packets {
			t.Errorf("output %d: %d vectors for %d packets", i, len(o.Iovs), o.Packets)
		}
		got = append(got, result{o.Packets, o.Segments, b})
	}
	return got
}

// slowly returns what the slow coalescer makes of the frames.
func slowly(cfg CoalesceConfig, frames [][]byte) []result {
	var want []result
	for _, r := range slowCoalesce(cfg, frames) {
		want = append(want, result{len(r.frames), r.segments(), r.bytes(cfg)})
	}
	return want
}

// wire returns the packets that a frame stands for, checksums complete, and the IPv4
// identification of those with DF as 0.
func wire(t testing.TB, cfg CoalesceConfig, frame []byte) [][]byte {
	t.Helper()
	var hdr VnetHdr
	if len(frame) < cfg.VnetHdrLen || hdr.Decode(frame) != nil {
		return [][]byte{frame}
	}
	packet, l3 := bytes.Clone(frame[cfg.VnetHdrLen:]), 0
	if cfg.Ethernet {
		l3, _ = L3Offset(packet)
	}
	if n, ok := hdr.HeaderLen(packet); ok {
		hdr.HdrLen = uint16(n) // a hint that may be wrong
	}
	packets := [][]byte{packet}
	var s Segmenter
	switch {
	case hdr.IsSuperpacket() && s.Reset(hdr, packet, l3, FullChecksum) == FaultNone:
		packets = segments(t, Superpacket{Hdr: hdr, Packet: packet, L3: l3}, FullChecksum)
	case hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 && int(hdr.CsumStart)+int(hdr.CsumOffset)+2 <= len(packet):
		completePartial(packet, hdr)
	}
	for _, p := range packets {
		if len(p) >= l3+20 && p[l3] == 0x45 && p[l3+6] == 0x40 && p[l3+7] == 0 {
			sum := slowSum(p[l3:l3+20], 0) // stays right or wrong
			was := binary.BigEndian.Uint16(p[l3+4:])
			binary.BigEndian.PutUint16(p[l3+4:], 0)
			if sum == 0xffff {
				binary.BigEndian.PutUint16(p[l3+10:], 0)
			} else {
				binary.BigEndian.PutUint16(p[l3+4:], was)
			}
		}
	}
	return packets
}

// checkOrder makes sure that the packets of every flow come out of the outputs as they
// went in, each once, and that one whose flow cannot be told stays in its place.
func checkOrder(t testing.TB, cfg CoalesceConfig, frames [][]byte, got []result) {
	t.Helper()
	want, have := map[string][][]byte{}, map[string][][]byte{}
	var places []string
	for i, f := range frames {
		flow := slowRead(cfg, bytes.Clone(f)).flow
		if flow == "" {
			places = append(places, fmt.Sprintf("%d before %x", i, f[:min(len(f), 40)]))
		}
		want[flow] = append(want[flow], wire(t, cfg, f)...)
	}
	packets := 0
	for _, r := range got {
		flow := slowRead(cfg, bytes.Clone(r.Frame)).flow
		if flow == "" {
			place := fmt.Sprintf("%d before %x", packets, r.Frame[:min(len(r.Frame), 40)])
			if len(places) == 0 || places[0][:len(fmt.Sprint(packets))+7] != place[:len(fmt.Sprint(packets))+7] {
				t.Fatalf("a packet without a flow is out of place: %s", place)
			}
			places = places[1:]
		}
		have[flow] = append(have[flow], wire(t, cfg, r.Frame)...)
		packets += r.Packets
	}
	if packets != len(frames) {
		t.Fatalf("%d packets in the outputs, %d were added", packets, len(frames))
	}
	if diff := difference(want, have); diff != "" {
		t.Fatalf("packets of each flow (-in +out):\n%s", diff)
	}
}

// configOf makes a configuration out of a few bits.
func configOf(b uint8, packets int) CoalesceConfig {
	return CoalesceConfig{
		MaxPackets:  max(packets, 1),
		VnetHdrLen:  []int{10, 12, 24, 10}[b&3],
		Ethernet:    b&4 != 0,
		MaxSegments: []int{64, 128, 5, 2}[b>>3&3],
		CopyLimit:   []int{256, -1, 36, 0}[b>>5&3],
	}
}

func checkAll(t testing.TB, cfg CoalesceConfig, frames [][]byte) []result {
	t.Helper()
	got := coalesced(t, cfg, frames)
	if diff := difference(slowly(cfg, frames), got); diff != "" {
		t.Fatalf("outputs (-slow +fast):\n%s", diff)
	}
	checkOrder(t, cfg, frames, got)
	return got
}

// FuzzCoalesce plays any script of traffic: the outputs must be those of the slow
// coalescer, and segment into what was added.
func FuzzCoalesce(f *testing.F) {
	for i, s := range seedScripts() {
		f.Add([]byte(s), uint8(i*37))
	}
	f.Fuzz(func(t *testing.T, raw []byte, config uint8) {
		if len(raw) > 4*300 {
			return
		}
		cfg := configOf(config, len(raw)/4)
		tr := traffic{cfg: cfg}
		checkAll(t, cfg, tr.frames(script(raw)))
	})
}

// seedScripts has each quirk in the middle of ordinary traffic, and a long mix.
func seedScripts() []script {
	var scripts []script
	for quirk := range numQuirks {
		var s script
		for i := range 24 {
			op := [4]byte{byte(i & 3), 0, byte(17 * i), byte(i)}
			if i/4 == 3 {
				op[0] |= byte(64-numQuirks+quirk) << 2
			}
			s = append(s, op[:]...)
		}
		scripts = append(scripts, s)
	}
	return append(scripts, randomScript(1, 250))
}

func randomScript(seed uint64, packets int) script {
	random := rand.New(rand.NewPCG(seed, 0))
	var s script
	for range packets {
		op := [4]byte{byte(random.IntN(4)), 0, byte(random.Uint32()), byte(random.Uint32())}
		if random.IntN(4) == 0 {
			op[0], op[1] = byte(random.Uint32()), byte(random.Uint32())
		}
		s = append(s, op[:]...)
	}
	return s
}

// TestCoalesceAgainstSlow plays many random scripts through one Coalescer, so that what
// one batch leaves behind would show in the next.
func TestCoalesceAgainstSlow(t *testing.T) {
	for config := range uint8(128) {
		t.Run(strconv.Itoa(int(config)), func(t *testing.T) {
			t.Parallel()
			coalesceAgainstSlow(t, config)
		})
	}
}

func coalesceAgainstSlow(t *testing.T, config uint8) {
	cfg := configOf(config, 256)
	cfg.MaxPackets = 256
	c := NewCoalescer(cfg)
	tr := traffic{cfg: cfg}
	merged := 0
	for batch := range uint64(20) {
		frames := tr.frames(randomScript(batch<<8|uint64(config), 1+int(batch*17)%256))
		got := addAndFlush(t, c, frames)
		if diff := difference(slowly(cfg, frames), got); diff != "" {
			t.Fatalf("%+v: batch %d: outputs (-slow +fast):\n%s", cfg, batch, diff)
		}
		checkOrder(t, cfg, frames, got)
		merged += len(frames) - len(got)
	}
	if merged == 0 {
		t.Errorf("%+v: nothing was merged", cfg)
	}
}

// FuzzCoalesceHostile cuts any bytes into frames.
func FuzzCoalesceHostile(f *testing.F) {
	for _, sp := range Superpackets() {
		if len(sp.Packet) < 1000 {
			b := append(encoded(&sp.Hdr), sp.Packet...)
			f.Add(append(bytes.Clone(b), b...), uint16(len(b)), uint8(sp.L3/14*4))
		}
	}
	for config := range uint8(8) {
		tr := traffic{cfg: configOf(config, 1)}
		var b []byte
		for _, frame := range tr.frames(bytes.Repeat([]byte{config & 3, 0, 0, 0}, 6)) {
			b = append(b, frame...)
		}
		f.Add(b, uint16(len(b)/6), config)
	}
	f.Fuzz(func(t *testing.T, raw []byte, length uint16, config uint8) {
		if len(raw) > 1<<13 || int(length) < len(raw)/300 {
			return
		}
		var frames [][]byte
		for len(raw) > 0 {
			n := min(max(int(length), 1), len(raw))
			frames = append(frames, raw[:n:n])
			raw = raw[n:]
		}
		cfg := configOf(config, len(frames))
		got := coalesced(t, cfg, frames)
		if diff := difference(slowly(cfg, frames), got); diff != "" {
			t.Fatalf("outputs (-slow +fast):\n%s", diff)
		}
		for _, frame := range frames {
			// What the kernel says it verified is believed.
			if len(frame) > 0 && frame[posFlags]&unix.VIRTIO_NET_HDR_F_DATA_VALID != 0 {
				return
			}
		}
		checkOrder(t, cfg, frames, got)
	})
}
