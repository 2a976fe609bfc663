package rival

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/forwarder/tun"
)

// scene is two persistent TUN devices with a single queue.
func scene(t *testing.T) *testbed.Testbed {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
	bed, err := testbed.Up(t.Context(), testbed.Config{Topology: testbed.Devices, Kind: tun.TUN, IPv6: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bed.Down(); err != nil {
			t.Error(err)
		}
	})
	return bed
}

func optionsOf(bed *testbed.Testbed) forward.Options {
	at := func(e *testbed.End) forward.Endpoint {
		return forward.Endpoint{NetNS: e.Namespace.Path(), Device: e.Device}
	}
	return forward.Options{Kind: tun.TUN, A: at(bed.A()), B: at(bed.B())}
}

// open finds and opens a rival.
func open(t *testing.T, name string, o forward.Options) forward.Program {
	t.Helper()
	opener, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := opener(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRivals sends a packet there and back a while, looks at the counters, and stops it.
func TestRivals(t *testing.T) {
	for name, vnetHdrLen := range map[string]int{wireGuardGo: 10, netpoll: 0} {
		t.Run(name, func(t *testing.T) {
			bed := scene(t)
			p := open(t, name, optionsOf(bed))
			if n := p.Negotiated(); n.A.VnetHdrLen != vnetHdrLen || n.B.Queues != 1 || n.A.Kind != "tun" {
				t.Errorf("negotiated %+v", n)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- p.Run(ctx) }()
			if err := bed.WaitCarrier(t.Context()); err != nil {
				t.Fatal(err)
			}
			rounds, err := socket.RunPingPong(t.Context(), socket.PingPongConfig{
				Client: bed.A().Namespace.Do, Server: bed.B().Namespace.Do, ClientAddr: bed.A().Addr6, ServerAddr: bed.B().Addr6,
				Port: 5000, Size: 100, Duration: 100 * time.Millisecond, Timeout: time.Minute,
			})
			if err != nil {
				t.Fatal(err)
			}
			// A packet is counted a little after it has been written.
			total := p.Stats().Total()
			for deadline := time.Now().Add(time.Minute); total.AToB.WrittenSegments < rounds.Sent && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
				total = p.Stats().Total()
			}
			if total.AToB.ReadPackets == 0 || total.AToB.ReadSegments != total.AToB.WrittenSegments || total.AToB.ReadBytes != 100*total.AToB.ReadPackets {
				t.Errorf("%+v: counted %+v", rounds, total.AToB)
			}
			stop()
			if err := <-ended; err != nil {
				t.Errorf("Run = %v after its context was done", err)
			}
			if err := p.Close(); err != nil {
				t.Errorf("Close again: %v", err)
			}
		})
	}
}

// TestPairEndsWithOneDirection: what ends one direction closes both devices, which ends
// the other, and is the error. That a device is gone a poller may miss: it is told
// before the driver forgets the queue (tun_detach_all in drivers/net/tun.c).
func TestPairEndsWithOneDirection(t *testing.T) {
	gone := errors.New("device is gone")
	a, b := &end{closed: make(chan struct{})}, &end{closed: make(chan struct{})}
	p := &pair{ends: [2]io.Closer{a, b}, move: func(from int, _ *counters) error {
		if from == 1 {
			return gone
		}
		<-a.closed
		return os.ErrClosed
	}}
	if err := p.Run(t.Context()); !errors.Is(err, gone) || errors.Is(err, os.ErrClosed) {
		t.Errorf("Run = %v, want why it ended", err)
	}
	select {
	case <-b.closed:
	default:
		t.Error("the other device stays open")
	}
}

// end is a device that can be closed once.
type end struct{ closed chan struct{} }

func (e *end) Close() error {
	close(e.closed)
	return nil
}

// TestOpenFailureLeaksNothing: the second device is not there.
func TestOpenFailureLeaksNothing(t *testing.T) {
	for _, name := range []string{wireGuardGo, netpoll} {
		bed := scene(t)
		o := optionsOf(bed)
		o.B.NetNS = "/run/netns/surely-not-there"
		before := openFDs(t)
		opener, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := opener(o); err == nil || p != nil || !strings.Contains(err.Error(), "surely-not-there") {
			t.Errorf("%s: opened %v, %v", name, p, err)
		}
		if after := openFDs(t); after != before {
			t.Errorf("%s: %d fds before, %d after", name, before, after)
		}
		if err := bed.Down(); err != nil {
			t.Fatal(err)
		}
	}
}

func openFDs(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestFindUnknown(t *testing.T) {
	if _, err := Find("boringtun"); err == nil || !strings.Contains(err.Error(), netpoll) {
		t.Errorf("Find = %v, want an error that lists the rivals", err)
	}
}

func TestCounters(t *testing.T) {
	var c counters
	c.read(1, 100)
	c.wrote(1, nil)
	c.read(3, 900)
	c.wrote(3, &os.PathError{Op: "write", Err: unix.EIO})
	c.read(1, 10)
	c.wrote(1, errors.New("strange"))
	c.dropped("unreadable")
	s := c.stats()
	if s.ReadPackets != 4 || s.ReadSuperpackets != 1 || s.ReadSegments != 6 || s.ReadBytes != 1010 || s.WrittenSegments != 1 ||
		s.WriteErrors["EIO"] != 3 || s.WriteErrors["other"] != 1 || s.Drops["unreadable"] != 1 {
		t.Errorf("counted %+v", s)
	}
	c.dropped("unreadable")
	if s.Drops["unreadable"] != 1 {
		t.Error("a snapshot changes")
	}
}
