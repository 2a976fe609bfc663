package intake

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// TestTakesWhatWouldBeRead sends frames through a closed ring and an open one: what the
// device gives and what the ring gives are the same bytes.
func TestTakesWhatWouldBeRead(t *testing.T) {
	plain := datagram(1, []byte("as short as it gets"))
	copy(plain, make([]byte, 10)) // no checksum to do
	frames := map[string][]byte{
		"no checksum to do":     plain,
		"checksum to do":        datagram(1, []byte("short")),
		"long":                  datagram(1, bytes.Repeat([]byte("long"), 2000)),
		"superpacket":           super(datagram(1, bytes.Repeat([]byte("segment "), 1000)), 1000),
		"as long as it gets":    super(datagram(1, make([]byte, 65535-28)), 1400),
		"a little superpacket":  super(datagram(1, make([]byte, 30)), 10),
		"not of whole segments": super(datagram(1, make([]byte, 3001)), 1000),
	}
	for _, kind := range []tun.Kind{tun.TUN, tun.TAP} {
		t.Run(kind.String(), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				d := newDevice(t, kind, 1, 1)
				s, ring := newSender(t, d.index), d.intake.Rings()[0]
				for name, frame := range frames {
					if kind == tun.TAP && len(frame) > 65535 {
						continue
					}
					if kind == tun.TAP {
						frame = onTAP(frame)
					}
					ring.Close()
					s.send(t, frame)
					want := d.read(t, 0)
					if want == nil || next(ring) != nil {
						t.Fatalf("%s: a closed ring took a packet", name)
					}
					ring.Open()
					s.send(t, frame)
					got := next(ring)
					if diff := cmp.Diff(want, got); diff != "" {
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

// TestQueueOfDriver: a flow comes through the ring of the queue that it is read from.
func TestQueueOfDriver(t *testing.T) {
	const queues = 4
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, queues, queues)
		s, used := newSender(t, d.index), map[int]bool{}
		for port := range uint16(200) {
			for _, ring := range d.intake.Rings() {
				ring.Close()
			}
			s.send(t, datagram(port, []byte("to the device")))
			for _, ring := range d.intake.Rings() {
				ring.Open()
			}
			s.send(t, datagram(port, []byte("to the ring")))
			for queue, ring := range d.intake.Rings() {
				read, taken := d.read(t, queue), next(ring)
				if (read != nil) != (taken != nil) {
					t.Fatalf("port %d, queue %d: read %t, taken %t", port, queue, read != nil, taken != nil)
				}
				if read != nil {
					used[queue] = true
				}
				ring.Release()
			}
		}
		if len(used) != queues {
			t.Errorf("queues used: %v", used)
		}
	})
}

// TestQueuesOfOneWorker: a ring tells of which queue its packets are.
func TestQueuesOfOneWorker(t *testing.T) {
	const queues, workers = 5, 2
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, queues, workers)
		s := newSender(t, d.index)
		for port := range uint16(200) {
			s.send(t, datagram(port, []byte("to the device")))
			want := -1
			for queue := range queues {
				if d.read(t, queue) != nil {
					want = queue
				}
			}
			ring := d.intake.Rings()[want%workers]
			ring.Open()
			s.send(t, datagram(port, []byte("to the ring")))
			frame, queue := ring.Take(ring.Mark())
			if frame == nil || queue != want {
				t.Fatalf("port %d: %d bytes of queue %d, want queue %d", port, len(frame), queue, want)
			}
			ring.Release()
			ring.Close()
		}
	})
}

// TestWrapsAround has a ring full again and again. What comes out is what went in, but for
// what was counted as dropped.
func TestWrapsAround(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		s, ring := newSender(t, d.index), d.intake.Rings()[0]
		ring.Open()
		random := rand.New(rand.NewPCG(1, 2))
		var waiting [][]byte
		dropped := uint64(0)
		for range 20000 {
			payload := make([]byte, 1+random.IntN(1400))
			segments := 1
			if random.IntN(8) == 0 {
				payload = make([]byte, 2000+random.IntN(60000))
				segments = (len(payload) + 999) / 1000
			}
			payload[0], payload[len(payload)-1] = byte(random.Uint32()), byte(random.Uint32())
			frame := datagram(7, payload)
			if segments > 1 {
				super(frame, 1000)
			}
			if s.send(t, frame) {
				dropped += uint64(segments)
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
			t.Errorf("%d segments were dropped, %d counted: want as many, and some", dropped, ring.Dropped())
		}
	})
}

// TestUnfit: a packet that a vnet header cannot describe closes the ring and goes through the
// device.
func TestUnfit(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		ring := d.intake.Rings()[0]
		ring.Open()
		before := ring.Passed()
		// A superpacket that becomes IP fragments (UFO); no device takes it any more.
		frame := super(datagram(1, bytes.Repeat([]byte{7}, 2000)), 1000)
		frame[1] = unix.VIRTIO_NET_HDR_GSO_UDP
		newSender(t, d.index).send(t, frame)
		if ring.IsOpen() || !ring.Empty() || ring.Refused() != 1 || ring.Passed() != before+1 {
			t.Errorf("open %t, empty %t, refused %d, passed %d", ring.IsOpen(), ring.Empty(), ring.Refused(), ring.Passed()-before)
		}
		for range 2 {
			if d.read(t, 0) == nil {
				t.Error("the device does not have both fragments")
			}
		}
	})
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
