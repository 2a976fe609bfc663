package intake

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

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
