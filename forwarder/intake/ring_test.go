package intake

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// TestTakesWhatWouldBeRead sends frames through a closed ring and an open one: what the
// device gives and what the ring gives are the same bytes.
func TestTakesWhatWouldBeRead(t *testing.T) {
	plain := datagram(1, []byte("as short as it gets"))
	copy(plain, make([]byte, 10)) // no checksum to do
	frames := map[string][]byte{
		"no checksum to do": plain,
		"checksum to do":    datagram(1, []byte("short")),
		"long":              datagram(1, bytes.Repeat([]byte("long"), 2000)),
	}
	for _, kind := range []tun.Kind{tun.TUN, tun.TAP} {
		t.Run(kind.String(), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				d := newDevice(t, kind, 1, 1)
				s, ring := newSender(t, d.index), d.intake.Rings()[0]
				read := map[string][]byte{}
				for name, frame := range frames {
					if kind == tun.TAP {
						frame = onTAP(frame)
					}
					s.send(t, frame)
					if read[name] = d.read(t, 0); read[name] == nil || next(ring) != nil {
						t.Fatalf("%s: a closed ring took a packet", name)
					}
				}
				openRings(t, ring)
				for name, want := range read {
					frame := frames[name]
					if kind == tun.TAP {
						frame = onTAP(frame)
					}
					s.send(t, frame)
					if diff := cmp.Diff(want, next(ring)); diff != "" {
						t.Errorf("%s (-read +taken):\n%s", name, diff)
					}
					if d.read(t, 0) != nil || next(ring) != nil {
						t.Errorf("%s: there is more than was sent", name)
					}
					ring.Release()
				}
				if n := ring.Dropped() + ring.Refused(); n != 0 {
					t.Errorf("%d frames did not fit", n)
				}
			})
		})
	}
}

// TestQueueOfDriver: a flow comes through the ring of the worker that it is read by, and the
// ring tells of which queue it is.
func TestQueueOfDriver(t *testing.T) {
	for _, c := range []struct{ queues, workers int }{{4, 4}, {5, 2}} {
		t.Run(fmt.Sprintf("queues=%d,workers=%d", c.queues, c.workers), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				const ports = 200
				d := newDevice(t, tun.TUN, c.queues, c.workers)
				s, used := newSender(t, d.index), map[int]bool{}
				var readFrom [ports]int
				for port := range uint16(ports) {
					s.send(t, datagram(port, []byte("to the device")))
					for queue := range c.queues {
						if d.read(t, queue) != nil {
							readFrom[port], used[queue] = queue, true
						}
					}
				}
				openRings(t, d.intake.Rings()...)
				for port, want := range readFrom {
					s.send(t, datagram(uint16(port), []byte("to the ring")))
					ring := d.intake.Rings()[want%c.workers]
					frame, queue := ring.Take(ring.Mark())
					if frame == nil || queue != want {
						t.Fatalf("port %d: %d bytes of queue %d, want queue %d", port, len(frame), queue, want)
					}
					ring.Release()
				}
				if len(used) != c.queues {
					t.Errorf("queues used: %v", used)
				}
			})
		})
	}
}

// TestWrapsAround has a ring full again and again. What comes out is what went in, but for
// what was counted as dropped.
func TestWrapsAround(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		s, ring := newSender(t, d.index), d.intake.Rings()[0]
		openRings(t, ring)
		random := rand.New(rand.NewPCG(1, 2))
		var waiting [][]byte
		dropped := uint64(0)
		for range 20000 {
			payload := make([]byte, 1+random.IntN(1400))
			if random.IntN(4) == 0 {
				payload = make([]byte, 2000+random.IntN(6000))
			}
			payload[0], payload[len(payload)-1] = byte(random.Uint32()), byte(random.Uint32())
			frame := datagram(7, payload)
			if s.send(t, frame) {
				dropped++
			} else {
				waiting = append(waiting, frame)
			}
			if random.IntN(3000) != 0 {
				continue
			}
			for i := range random.IntN(len(waiting) + 1) {
				check(t, waiting[i], next(ring))
				waiting[i] = nil
			}
			ring.Release()
			for len(waiting) > 0 && waiting[0] == nil {
				waiting = waiting[1:]
			}
		}
		for _, want := range waiting {
			check(t, want, next(ring))
		}
		if !ring.Empty() {
			t.Error("there is more than was sent")
		}
		if dropped == 0 || ring.Dropped() != dropped {
			t.Errorf("%d packets were dropped, %d counted: want as many, and some", dropped, ring.Dropped())
		}
	})
}

// TestUnfit: a packet that the ring cannot take goes through the device, and so does all else
// between its addresses, in both directions and for good. Other packets are taken.
func TestUnfit(t *testing.T) {
	ufo := super(datagram(1, bytes.Repeat([]byte{7}, 2000)), 1000)
	ufo[1] = unix.VIRTIO_NET_HDR_GSO_UDP
	for name, c := range map[string]struct {
		frame []byte
		reads int
	}{
		"UFO, which becomes fragments":       {ufo, 3},
		"superpacket of an untrusted source": {super(datagram(1, bytes.Repeat([]byte{7}, 2000)), 1000), 1},
	} {
		t.Run(name, func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				d := newDevice(t, tun.TUN, 1, 1)
				s, ring := newSender(t, d.index), d.intake.Rings()[0]
				openRings(t, ring)
				s.send(t, datagram(1, []byte("before")))
				if !bytes.HasSuffix(next(ring), []byte("before")) {
					t.Fatal("a packet that fits was not taken")
				}
				s.send(t, c.frame)
				reads := 0
				for d.read(t, 0) != nil {
					reads++
				}
				if !ring.Empty() || ring.Refused() != 1 || reads != c.reads {
					t.Errorf("empty %t, refused %d, %d packets in the device", ring.Empty(), ring.Refused(), reads)
				}
				back := datagram(9, []byte("answer"))
				copy(back[offload.VnetHdrLen+12:], append(bytes.Clone(back[offload.VnetHdrLen+16:][:4]), back[offload.VnetHdrLen+12:][:4]...))
				for _, frame := range [][]byte{datagram(1, []byte("after")), datagram(2, []byte("another flow")), back} {
					s.send(t, frame)
					if d.read(t, 0) == nil || !ring.Empty() {
						t.Errorf("% x was taken", frame)
					}
				}
				other := datagram(1, []byte("other addresses"))
				other[offload.VnetHdrLen+15]++
				s.send(t, other)
				if next(ring) == nil {
					t.Error("a packet between other addresses was not taken")
				}
			})
		})
	}
}

// TestNoCarrier: nothing is taken for a device that has no carrier, as nothing would be read.
func TestNoCarrier(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		s, ring := newSender(t, d.index), d.intake.Rings()[0]
		openRings(t, ring)
		for i, carrier := range []uint32{1, 0, 1} {
			if err := unix.IoctlSetPointerInt(d.Queues()[0].FD(), unix.TUNSETCARRIER, int(carrier)); err != nil {
				t.Fatal(err)
			}
			s.send(t, datagram(1, []byte("hello")))
			if taken := next(ring) != nil; taken != (carrier == 1) {
				t.Errorf("step %d: carrier %d, taken %t", i, carrier, taken)
			}
		}
		if ring.Dropped() != 1 || d.read(t, 0) != nil {
			t.Errorf("dropped %d, want 1", ring.Dropped())
		}
	})
}

// openRings opens rings of devices that are empty.
func openRings(t *testing.T, rings ...*Ring) {
	t.Helper()
	for _, ring := range rings {
		ring.Open()
		if err := ring.Fence(); err != nil {
			t.Fatal(err)
		}
		ring.Settle()
	}
}

// next returns the next packet of a ring, or nil.
func next(ring *Ring) []byte {
	frame, _ := ring.Take(ring.Mark())
	return frame
}

// check compares a frame that was sent with one that was taken; their headers may differ in
// length.
func check(t *testing.T, want, got []byte) {
	t.Helper()
	if len(got) < 10 || !bytes.Equal(want[10:], got[len(got)-len(want)+10:]) {
		t.Fatalf("sent %d bytes, took %d, or others", len(want), len(got))
	}
}
