package traffic

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// countDropReasons counts in both namespaces of bed until the test ends.
func countDropReasons(t *testing.T, bed *testbed.Testbed) *DropReasons {
	t.Helper()
	d, err := NewDropReasons(DropReasonsConfig{Namespaces: map[string]uint64{
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

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

// dropped is the count of one reason in one namespace.
func dropped(t *testing.T, d *DropReasons, namespace, reason string) (packets uint64) {
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
func TestDropReasonsOfFullRing(t *testing.T) {
	bed := newDevices(t, tun.TUN, 0)
	attach(t, bed.A(), tun.TUN)
	reasons := countDropReasons(t, bed)
	s := newTestSender(t, bed, false, 1, 200, 1)
	sent, err := s.Run(t.Context(), Load{Pps: 20_000}, 100*time.Millisecond)
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
func TestDropReasonsBesideSink(t *testing.T) {
	for name, kind := range map[string]SinkKind{"tcx": SinkTCX, "clsact": sinkClsact, "xdp": SinkXDP, "none": ""} {
		t.Run(name, func(t *testing.T) {
			const segments = 8
			bed := newScene(t)
			if kind != "" {
				newTestReceiver(t, bed.B(), SinkConfig{Kind: kind, Flows: 1})
			}
			reasons := countDropReasons(t, bed)
			s := newTestSender(t, bed, false, 1, 200, segments)
			sent, err := s.Run(t.Context(), Load{Pps: 20_000}, 100*time.Millisecond)
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
			if kind != "" && lost != 0 {
				t.Errorf("%d packets arrived, yet %+v", sent.Offered, counts)
			}
			if got := dropped(t, reasons, "b", "NO_SOCKET"); kind == "" && got != sent.Offered {
				t.Errorf("%d drops with NO_SOCKET of %d packets: %+v", got, sent.Offered, counts)
			}
		})
	}
}

// A packet in a socket's queue belongs to no device any more: the socket tells where
// it was dropped.
func TestDropReasonsOfSocket(t *testing.T) {
	bed := newScene(t)
	r := newTestReceiver(t, bed.B(), SinkConfig{Kind: SinkSocket, Flows: 1, Addr: bed.B().Addr, CPU: -1})
	reasons := countDropReasons(t, bed)
	sent := floodStalled(t, bed, r, 1)
	overflow := readAll(t, bed, r, sent.Offered).Overflow
	if got := dropped(t, reasons, "b", "SOCKET_RCVBUFF"); got == 0 || got != overflow {
		t.Errorf("%d drops with SOCKET_RCVBUFF, the socket counts %d", got, overflow)
	}
}

// A tun device does not say how many segments a superpacket has.
func TestDropReasonsOfSuperpacket(t *testing.T) {
	const size = 1000
	for _, last := range []int{size, size - 1, StampLen} {
		bed := newDevices(t, tun.TUN, 0)
		q := attach(t, bed.B(), tun.TUN)
		reasons := countDropReasons(t, bed)
		payload := append(stamped(0, size, 0, 0, 1), stamped(0, last, 0, 2)...)
		p := packetSpec{dst: bed.B().Addr.As4(), port: testPort, payload: payload, partial: true}
		write(t, q, p, size)
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
func TestDropReasonsElsewhere(t *testing.T) {
	bed := newDevices(t, tun.TUN, 0)
	attach(t, bed.A(), tun.TUN)
	reasons, err := NewDropReasons(DropReasonsConfig{Namespaces: map[string]uint64{"b": inode(t, bed.B().Namespace.Path())}})
	if err != nil {
		t.Fatal(err)
	}
	defer reasons.Close()
	s := newTestSender(t, bed, false, 1, 200, 1)
	if _, err := s.Run(t.Context(), Load{Pps: 20_000}, 50*time.Millisecond); err != nil {
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

func TestNewDropReasonsErrors(t *testing.T) {
	for name, namespaces := range map[string]map[string]uint64{"none": nil, "zero": {"a": 0}, "too large": {"a": 1 << 32}} {
		if _, err := NewDropReasons(DropReasonsConfig{Namespaces: namespaces}); err == nil {
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
