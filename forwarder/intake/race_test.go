package intake

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// TestNothingForgotten has senders on all CPUs while the reader sleeps on bell and device
// whenever it may, by the rule of the package comment. From its middle on every second sender
// has a packet that the ring cannot take, and at the end the intake is detached. Each packet
// arrives once, and those of a sender in their order. A packet that nobody is woken for stops
// the test: senders wait for what they sent.
func TestNothingForgotten(t *testing.T) {
	const senders, packets, window = 4, 20000, 1000
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		ring := d.intake.Rings()[0]
		epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(epoll)
		for fd, edge := range map[int]uint32{ring.BellFD(): unix.EPOLLET, d.Queues()[0].FD(): 0} {
			if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | edge}); err != nil {
				t.Fatal(err)
			}
		}
		var sending sync.WaitGroup
		var got [senders]atomic.Uint32
		for i := range senders {
			s := newSender(t, d.index)
			sending.Go(func() {
				onCPU(i)
				for n := range uint32(packets) {
					// The device would drop; and now and then the ring is to be empty.
					for n > got[i].Load()+window || n%64 == 0 && n > got[i].Load() {
						runtime.Gosched()
					}
					frame := numbered(uint16(i), n, 64*i)
					if n == packets/2 && i%2 == 1 {
						frame[1] = unix.VIRTIO_NET_HDR_GSO_UDP // two fragments: the first has the number
						binary.NativeEndian.PutUint16(frame[2:], 28)
						binary.NativeEndian.PutUint16(frame[4:], 48)
					}
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
			if binary.BigEndian.Uint16(frame[6:])&0x1fff != 0 {
				return nil // not the first fragment
			}
			from, n := binary.BigEndian.Uint16(frame[20:]), binary.BigEndian.Uint32(frame[28:])
			if want := due[from]; n != want {
				return fmt.Errorf("packet %d of sender %d where %d was due", n, from, want)
			}
			due[from]++
			got[from].Store(due[from])
			return nil
		}
		ring.Open()
		if err := ring.Fence(); err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(3, 4))
		read, taken, slept := 0, 0, 0
		take := func(mark uint32) {
			for frame, _ := ring.Take(mark); frame != nil; frame, _ = ring.Take(mark) {
				if err := arrived(frame); err != nil {
					t.Fatal("from the ring: ", err)
				}
				taken++
			}
			ring.Release()
		}
		readAll := func() (frames [][]byte) {
			for len(frames) < 64 {
				frame := d.read(t, 0)
				if frame == nil {
					break
				}
				frames = append(frames, frame)
			}
			return frames
		}
		for frames := readAll(); len(frames) > 0; frames = readAll() { // what passed before the ring was opened
			for _, frame := range frames {
				if err := arrived(frame); err != nil {
					t.Fatal(err)
				}
				read++
			}
		}
		ring.Settle()
		for total := uint32(0); total < senders*packets; {
			frames := readAll()
			if len(frames) > 0 {
				for mark := ring.Mark(); !ring.Taken(mark); {
					take(mark)
				}
			}
			for _, frame := range frames {
				if err := arrived(frame); err != nil {
					t.Fatal("from the device: ", err)
				}
				read++
			}
			take(ring.Mark())
			total = due[0] + due[1] + due[2] + due[3]
			if total > senders*packets*9/10 && !ring.IsClosed() {
				if err := d.intake.Detach(); err != nil {
					t.Fatal(err)
				}
			}
			if len(frames) == 0 && total < senders*packets && random.IntN(2) == 0 && ring.Arm() {
				slept++
				if n, err := unix.EpollWait(epoll, make([]unix.EpollEvent, 1), 60000); err == nil && n == 0 {
					t.Fatal("nobody wakes the reader")
				}
				ring.Disarm()
			}
		}
		sending.Wait()
		t.Logf("%d of %d packets came through the ring, %d sleeps", taken, senders*packets, slept)
		if taken == 0 || read == 0 || slept == 0 {
			t.Error("want some through the ring, some through the device, and some sleeps")
		}
	})
}

// numbered is a datagram of a sender, with addresses of its own.
func numbered(sender uint16, n uint32, length int) []byte {
	frame := datagram(sender, binary.BigEndian.AppendUint32(nil, n))
	frame = append(frame, make([]byte, length)...)
	ip := frame[10:]
	ip[15] += byte(sender)
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[24:], uint16(len(ip)-20))
	return frame
}
