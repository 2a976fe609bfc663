package intake

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

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
