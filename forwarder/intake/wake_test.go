package intake

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// TestArm: only an empty ring is armed, or one that is armed already.
func TestArm(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		s, ring := newSender(t, d.index), d.intake.Rings()[0]
		if !ring.Arm() || !ring.IsClosed() {
			t.Error("a closed ring is in the way of a sleep, or was opened")
		}
		openRings(t, ring)
		s.send(t, datagram(1, []byte("in the way")))
		if ring.Arm() {
			t.Error("a ring with a packet was armed")
		}
		if next(ring) == nil || !ring.Arm() || !ring.Arm() {
			t.Error("an empty ring was not armed")
		}
		ring.Close()
		s.send(t, datagram(1, []byte("to the device")))
		if d.read(t, 0) == nil || !ring.Empty() || !ring.Arm() {
			t.Error("a closed ring took a packet, or is in the way of a sleep")
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
			for err == unix.EINTR {
				n, err = unix.EpollWait(epoll, make([]unix.EpollEvent, 1), milliseconds)
			}
			if err != nil {
				t.Fatal(err)
			}
			return n > 0
		}
		openRings(t, ring)
		for i := range 2000 { // more words than the bell has room for
			if !ring.Arm() {
				t.Fatal("not armed")
			}
			if i%500 == 0 && rings(0) {
				t.Fatal("the bell rings before there is a packet")
			}
			s.send(t, datagram(1, []byte("first")))
			s.send(t, datagram(1, []byte("second")))
			if !rings(300000) {
				t.Fatalf("packet %d does not ring", i)
			}
			ring.Disarm()
			first, second := next(ring), next(ring)
			if !bytes.HasSuffix(first, []byte("first")) || !bytes.HasSuffix(second, []byte("second")) || !ring.Empty() {
				t.Fatalf("took %q and %q", first, second)
			}
			ring.Release()
		}
		if d.read(t, 0) != nil {
			t.Error("a packet passed")
		}
	})
}
