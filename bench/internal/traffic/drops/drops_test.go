package drops

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/sink/kernel"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/forwarder/tun"
)

// countDrops counts in both namespaces of bed until the test ends.
func countDrops(t *testing.T, bed *testbed.Testbed) *Reasons {
	t.Helper()
	d, err := New(Config{Namespaces: map[string]uint64{
		"a": inode(t, bed.A().Namespace.Path()),
		"b": inode(t, bed.B().Namespace.Path()),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// newTestSender sends superpackets of so many segments from A to B.
func newTestSender(t *testing.T, bed *testbed.Testbed, segments int) *socket.Sender {
	t.Helper()
	return traffictest.Open(t, socket.NewSender, socket.SenderConfig{
		Enter: bed.A().Namespace.Do, Profile: traffictest.Profile(bed, false, 1, 200),
		Segments: segments, CPU: -1, Grace: traffictest.Long,
	})
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

// dropped is the count of one reason in one namespace.
func dropped(t *testing.T, d *Reasons, namespace, reason string) (packets uint64) {
	t.Helper()
	counts, err := d.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		if c.Namespace == namespace && c.Reason == reason {
			return c.Packets
		}
	}
	return 0
}

// Nobody reads the queue of a TUN device: what its ring does not take has a reason,
// as often as the device's own counter says.
func TestReasonsOfFullRing(t *testing.T) {
	bed := traffictest.Devices(t, tun.TUN, 0)
	traffictest.Attach(t, bed.A(), tun.TUN)
	reasons := countDrops(t, bed)
	s := newTestSender(t, bed, 1)
	sent, err := s.Run(t.Context(), load.Load{Pps: 20_000}, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	counters, err := bed.Counters()
	if err != nil {
		t.Fatal(err)
	}
	got := dropped(t, reasons, "a", "FULL_RING")
	if got == 0 || got != counters.A.TxDropped || got >= sent.Offered {
		t.Errorf("%d drops with FULL_RING of %d packets, tx_dropped %d", got, sent.Offered, counters.A.TxDropped)
	}
}

// The sink's drops are no losses, those of a stack without a receiver are; a
// superpacket counts its segments.
func TestReasonsBesideSink(t *testing.T) {
	for name, open := range map[string]func(sink.Config) (*kernel.Sink, error){"tcx": kernel.NewTCX, "clsact": kernel.NewClsact, "xdp": kernel.NewXDP, "none": nil} {
		t.Run(name, func(t *testing.T) {
			const segments = 8
			bed := traffictest.Veth(t)
			if open != nil {
				traffictest.OpenSink(t, bed.B(), open, sink.Config{Flows: 1})
			}
			reasons := countDrops(t, bed)
			s := newTestSender(t, bed, segments)
			sent, err := s.Run(t.Context(), load.Load{Pps: 20_000}, 100*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if err := bed.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			counts, err := reasons.Read()
			if err != nil {
				t.Fatal(err)
			}
			var lost uint64
			for _, c := range counts {
				lost += c.Packets
			}
			if open != nil && lost != 0 {
				t.Errorf("%d packets arrived, yet %+v", sent.Offered, counts)
			}
			if got := dropped(t, reasons, "b", "NO_SOCKET"); open == nil && got != sent.Offered {
				t.Errorf("%d drops with NO_SOCKET of %d packets: %+v", got, sent.Offered, counts)
			}
		})
	}
}

// A packet in a socket's queue belongs to no device any more: the socket tells where
// it was dropped.
func TestReasonsOfSocket(t *testing.T) {
	bed := traffictest.Veth(t)
	fd := unreadSocket(t, bed.B())
	reasons := countDrops(t, bed)
	s := newTestSender(t, bed, 1)
	sent, err := s.Run(t.Context(), load.Load{Pps: 200_000}, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if err := bed.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := dropped(t, reasons, "b", "CPU_BACKLOG") // and never came to the socket
	lost := sent.Offered - held(t, fd) - before
	if got := dropped(t, reasons, "b", "SOCKET_RCVBUFF"); got == 0 || got != lost {
		t.Errorf("%d drops with SOCKET_RCVBUFF, the socket lacks %d of %d", got, lost, sent.Offered)
	}
}

// unreadSocket is where the load arrives that nobody reads.
func unreadSocket(t *testing.T, end *testbed.End) (fd int) {
	t.Helper()
	err := end.Namespace.Do(func() (err error) {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrInet4{Port: traffictest.Port, Addr: end.Addr.As4()})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// held returns how many packets wait in a socket, and takes them out.
func held(t *testing.T, fd int) (packets uint64) {
	t.Helper()
	buf := make([]byte, wire.MaxSize)
	for {
		_, err := unix.Read(fd, buf)
		if errors.Is(err, unix.EAGAIN) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		packets++
	}
}

// A tun device does not say how many segments a superpacket has.
func TestReasonsOfSuperpacket(t *testing.T) {
	const size = 1000
	for _, last := range []int{size, size - 1, wire.StampLen} {
		bed := traffictest.Devices(t, tun.TUN, 0)
		q := traffictest.Attach(t, bed.B(), tun.TUN)
		reasons := countDrops(t, bed)
		payload := append(traffictest.Stamped(0, size, 0, 0, 1), traffictest.Stamped(0, last, 0, 2)...)
		p := traffictest.Packet{Dst: bed.B().Addr.As4(), Port: traffictest.Port, Payload: payload, Partial: true}
		traffictest.Write(t, q, p, size)
		if got := dropped(t, reasons, "b", "NO_SOCKET"); got != 3 {
			counts, _ := reasons.Read()
			t.Errorf("last of %d bytes: %d segments of 3 dropped: %+v", last, got, counts)
		}
		if err := bed.Down(); err != nil {
			t.Fatal(err)
		}
	}
}

// Other namespaces are not looked at.
func TestReasonsElsewhere(t *testing.T) {
	bed := traffictest.Devices(t, tun.TUN, 0)
	traffictest.Attach(t, bed.A(), tun.TUN)
	reasons, err := New(Config{Namespaces: map[string]uint64{"b": inode(t, bed.B().Namespace.Path())}})
	if err != nil {
		t.Fatal(err)
	}
	defer reasons.Close()
	s := newTestSender(t, bed, 1)
	if _, err := s.Run(t.Context(), load.Load{Pps: 20_000}, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if counts, err := reasons.Read(); err != nil || len(counts) != 0 {
		t.Errorf("%+v, %v; want nothing", counts, err)
	}
	if err := errors.Join(reasons.Close(), reasons.Close()); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := reasons.Read(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
}

func TestNewErrors(t *testing.T) {
	for name, namespaces := range map[string]map[string]uint64{"none": nil, "zero": {"a": 0}, "too large": {"a": 1 << 32}} {
		if _, err := New(Config{Namespaces: namespaces}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReasonNames(t *testing.T) {
	names := reasonNames{2: "NOT_SPECIFIED"}
	if got := names.name(2); got != "NOT_SPECIFIED" {
		t.Errorf("got %s", got)
	}
	if got := names.name(0x10003); got != "0x10003" {
		t.Errorf("got %s for a subsystem's reason", got)
	}
	if names.number("NOT_SPECIFIED") != 2 || names.number("XDP") != 0 {
		t.Error("wrong number")
	}
}
