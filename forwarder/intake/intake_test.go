package intake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

func TestConfig(t *testing.T) {
	good := Config{IfIndex: 1, Queues: 2, Workers: 2, Steer: steer.PolicyCPU, VnetHdrLen: 12}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(c *Config){
		"no device":            func(c *Config) { c.IfIndex = 0 },
		"no queue":             func(c *Config) { c.Queues = 0 },
		"too many queues":      func(c *Config) { c.Queues = tun.MaxQueues + 1 },
		"no worker":            func(c *Config) { c.Workers = 0 },
		"too many workers":     func(c *Config) { c.Workers = 3 },
		"the driver chooses":   func(c *Config) { c.Steer = steer.PolicyKernel },
		"no vnet header":       func(c *Config) { c.VnetHdrLen = 0 },
		"too long vnet header": func(c *Config) { c.VnetHdrLen = maxVnetHdrLen + 1 },
	} {
		c := good
		change(&c)
		if c.check() == nil {
			t.Errorf("%s: no error for %+v", name, c)
		}
	}
}

func TestAttachToNothing(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		i, err := Attach(Config{IfIndex: 4711, Queues: 1, Workers: 1, VnetHdrLen: 12})
		if !errors.Is(err, unix.ENODEV) || i != nil {
			t.Errorf("Attach = %v, %v; want ENODEV", i, err)
		}
	})
}

func TestParseMode(t *testing.T) {
	for _, m := range Modes() {
		if got, err := ParseMode(string(m)); got != m || err != nil {
			t.Errorf("ParseMode(%q) = %q, %v", m, got, err)
		}
	}
	if _, err := ParseMode("on"); err == nil {
		t.Error("no error")
	}
}

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

// TestClose: packets go on into the device, as before.
func TestClose(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		d.intake.Rings()[0].Open()
		if err := d.intake.Close(); err != nil {
			t.Fatal(err)
		}
		newSender(t, d.index).send(t, datagram(1, []byte("hello")))
		if frame := d.read(t, 0); !bytes.HasSuffix(frame, []byte("hello")) {
			t.Errorf("read % x", frame)
		}
	})
}

// TestArm: the first packet goes through the device, those behind it through the ring.
func TestArm(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		s, ring := newSender(t, d.index), d.intake.Rings()[0]
		if ring.Arm(WakeByDevice) {
			t.Error("a closed ring was armed")
		}
		ring.Open()
		s.send(t, datagram(1, []byte("in the way")))
		if ring.Arm(WakeByDevice) || !ring.IsOpen() {
			t.Error("a ring with a packet was armed")
		}
		if next(ring) == nil || !ring.Arm(WakeByDevice) || ring.IsOpen() {
			t.Fatal("an empty ring was not armed")
		}
		passed := ring.Passed()
		s.send(t, datagram(1, []byte("first")))
		if !ring.IsOpen() || ring.Passed() != passed+1 || !ring.Empty() {
			t.Errorf("open %t, passed %d, empty %t", ring.IsOpen(), ring.Passed()-passed, ring.Empty())
		}
		s.send(t, datagram(1, []byte("second")))
		read, again, taken := d.read(t, 0), d.read(t, 0), next(ring)
		if !bytes.HasSuffix(read, []byte("first")) || again != nil || !bytes.HasSuffix(taken, []byte("second")) {
			t.Errorf("read %q, then %q; took %q", read, again, taken)
		}
		if !ring.Arm(WakeByDevice) {
			t.Error("not armed again")
		}
		if ring.Disarm(); !ring.IsOpen() {
			t.Error("not open")
		}
	})
}

// TestBell: all packets go through the ring, and the first rings the bell, every time.
func TestBell(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		s, ring := newSender(t, d.index), d.intake.Rings()[0]
		epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(epoll)
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, ring.BellFD(), &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET}); err != nil {
			t.Fatal(err)
		}
		rings := func(milliseconds int) bool {
			n, err := unix.EpollWait(epoll, make([]unix.EpollEvent, 1), milliseconds)
			if err != nil && err != unix.EINTR {
				t.Fatal(err)
			}
			return n > 0
		}
		ring.Open()
		for i := range 2000 { // more words than the bell has room for
			if !ring.Arm(WakeByBell) || ring.IsOpen() {
				t.Fatal("not armed")
			}
			if i%500 == 0 && rings(0) {
				t.Fatal("the bell rings before there is a packet")
			}
			s.send(t, datagram(1, []byte("first")))
			s.send(t, datagram(1, []byte("second")))
			if !rings(1000) {
				t.Fatalf("packet %d does not ring", i)
			}
			ring.Disarm()
			first, second := next(ring), next(ring)
			if !bytes.HasSuffix(first, []byte("first")) || !bytes.HasSuffix(second, []byte("second")) || !ring.Empty() {
				t.Fatalf("took %q and %q", first, second)
			}
			ring.Release()
		}
		if d.read(t, 0) != nil || ring.Passed() != 0 {
			t.Error("a packet passed")
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

// TestNothingForgotten has senders on all CPUs while the reader opens, arms and closes the ring
// all the time, by the rule of the package comment. Each packet arrives once, and those of a
// sender in their order.
func TestNothingForgotten(t *testing.T) {
	const senders, packets, window = 4, 20000, 1000
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		ring := d.intake.Rings()[0]
		var sending sync.WaitGroup
		var got [senders]atomic.Uint32
		for i := range senders {
			s := newSender(t, d.index)
			sending.Go(func() {
				onCPU(i)
				payload := make([]byte, 4+64*i)
				for n := range uint32(packets) {
					for n > got[i].Load()+window {
						runtime.Gosched() // or the device would drop
					}
					if n%4 == 0 {
						time.Sleep(time.Microsecond) // lets the ring be empty
					}
					binary.BigEndian.PutUint32(payload, n)
					frame := datagram(uint16(i), payload)
					for {
						if _, err := unix.Write(int(s), frame); err == nil {
							break
						}
					}
				}
			})
		}
		var due [senders]uint32
		arrived := func(frame []byte) error {
			frame = frame[d.VnetHdrLen():]
			from, n := binary.BigEndian.Uint16(frame[20:]), binary.BigEndian.Uint32(frame[28:])
			if want := due[from]; n != want {
				return fmt.Errorf("packet %d of sender %d where %d was due", n, from, want)
			}
			due[from]++
			got[from].Store(due[from])
			return nil
		}
		random := rand.New(rand.NewPCG(3, 4))
		read, taken, armed := 0, 0, 0
		take := func(mark uint32) {
			for frame, _ := ring.Take(mark); frame != nil; frame, _ = ring.Take(mark) {
				if err := arrived(frame); err != nil {
					t.Fatal("from the ring: ", err)
				}
				taken++
			}
			ring.Release()
		}
		for read+taken < senders*packets {
			mark, passed := ring.Mark(), ring.Passed()
			open := ring.IsOpen()
			if !open && random.IntN(4) == 0 {
				ring.Open()
			}
			for range 64 {
				frame := d.read(t, 0)
				if frame == nil {
					break
				}
				if err := arrived(frame); err != nil {
					t.Fatal(err)
				}
				read++
			}
			switch random.IntN(4) {
			case 0:
				for range 20 {
					mark, passed := ring.Mark(), ring.Passed()
					if passed != uint64(read) {
						break
					}
					if take(mark); ring.Arm([]Wake{WakeByDevice, WakeByBell}[random.IntN(2)]) {
						armed++
						break
					}
				}
			case 1:
				if !open || passed != uint64(read) {
					break
				}
				// What passes from now on was sent after what the ring holds.
				for ring.Close(); !ring.Empty(); {
					take(ring.Mark())
				}
			default:
				// Or else the device will have more of what the ring's packets follow.
				if passed == uint64(read) {
					take(mark)
				}
			}
		}
		sending.Wait()
		t.Logf("%d of %d packets came through the ring, which was armed %d times", taken, senders*packets, armed)
		if taken == 0 || taken == senders*packets || armed == 0 {
			t.Error("want some through the ring and some through the device")
		}
	})
}
