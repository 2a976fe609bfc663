package forward

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// limit is how long a test waits for what has to happen.
const limit = time.Minute

// scene is two persistent devices and the words to forward between them.
type scene struct {
	*testbed.Testbed
	options Options
}

func newScene(t *testing.T, mode intake.Mode) *scene {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	bed, err := testbed.Up(t.Context(), testbed.Config{Topology: testbed.Devices, Kind: tun.TUN, MultiQueue: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bed.Down(); err != nil {
			t.Error(err)
		}
	})
	endpoint := func(e *testbed.End) Endpoint { return Endpoint{NetNS: e.Namespace.Path(), Device: e.Device} }
	return &scene{bed, Options{
		A: endpoint(bed.A()), B: endpoint(bed.B()), Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: tun.OffloadAll, Attach: true,
		Batch: forwarder.DefaultBatch, Engine: forwarder.EngineAuto, GSO: forwarder.GSOPass, GRO: forwarder.GROAuto,
		Steer: steer.PolicyHash, Intake: mode,
	}}
}

// forward forwards until stop is called or the test ends.
func (s *scene) forward(t *testing.T) (session *Session, stop func()) {
	t.Helper()
	session, err := Open(s.options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- session.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return session, stop
}

// at runs a command in the namespace of end A, its words separated by spaces; DEV is the device.
func (s *scene) at(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(command, "DEV", s.A().Device))
	err := s.A().Namespace.Do(func() error {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Stderr = os.Stderr
		return cmd.Run()
	})
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
}

// flow is UDP from A to B.
type flow struct {
	send    *net.UDPConn
	receive *net.UDPConn
}

func (s *scene) newFlow(t *testing.T) *flow {
	t.Helper()
	f := &flow{}
	to := &net.UDPAddr{IP: s.B().Addr.AsSlice()}
	err := s.B().Namespace.Do(func() (err error) {
		f.receive, err = net.ListenUDP("udp4", to)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.receive.Close() })
	err = s.A().Namespace.Do(func() (err error) {
		f.send, err = net.DialUDP("udp4", nil, f.receive.LocalAddr().(*net.UDPAddr))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.send.Close() })
	return f
}

// starts sends packets until one arrives: the kernel may need some time to use a device again.
func (f *flow) starts(t *testing.T) {
	t.Helper()
	buf := make([]byte, 2000)
	for deadline := time.Now().Add(limit); ; {
		text := "start " + time.Now().String()
		_, _ = f.send.Write([]byte(text)) // or refused
		if err := f.receive.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := f.receive.Read(buf)
			if err != nil {
				break
			}
			if string(buf[:n]) == text {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("no packet arrives")
		}
	}
}

// passes sends packets, each when the one before has arrived, so that each may have to wake the
// worker. What arrives late of others is left out.
func (f *flow) passes(t *testing.T, packets int) {
	t.Helper()
	buf := make([]byte, 2000)
	for i := range packets {
		text := "packet " + time.Now().String()
		if _, err := f.send.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := f.receive.SetReadDeadline(time.Now().Add(limit)); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := f.receive.Read(buf)
			if err != nil {
				t.Fatalf("packet %d does not arrive: %v", i, err)
			}
			if string(buf[:n]) == text {
				break
			}
		}
	}
}

// next sends a packet and returns the first that arrives.
func (f *flow) next(t *testing.T) string {
	t.Helper()
	if _, err := f.send.Write([]byte("next")); err != nil {
		t.Fatal(err)
	}
	if err := f.receive.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	n, err := f.receive.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}
