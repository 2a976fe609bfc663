package forward

import (
	"context"
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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

// mishaps are what may happen to a packet on its way into a device, or to the device. When they
// are over all is as before.
var mishaps = map[string]func(t *testing.T, s *scene, f *flow){
	"a shaper drops one": func(t *testing.T, s *scene, f *flow) {
		s.at(t, "tc qdisc replace dev DEV root tbf rate 1gbit burst 1000 limit 100000")
		if _, err := f.send.Write(make([]byte, 1200)); err != nil {
			t.Fatal(err)
		}
		s.at(t, "tc qdisc del dev DEV root")
	},
	"a filter drops one": func(t *testing.T, s *scene, f *flow) {
		s.at(t, "tc qdisc add dev DEV clsact")
		s.at(t, "tc filter add dev DEV egress protocol ip u32 match u32 0 0 action mirred egress redirect dev lo")
		if _, err := f.send.Write([]byte("lost")); err != nil {
			t.Fatal(err)
		}
		s.at(t, "tc qdisc del dev DEV clsact")
	},
	"no carrier": func(t *testing.T, s *scene, f *flow) {
		s.at(t, "ip link set DEV carrier off")
		_, _ = f.send.Write([]byte("lost")) // or refused
		s.at(t, "ip link set DEV carrier on")
	},
	"down and up": func(t *testing.T, s *scene, f *flow) {
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = f.send.Write([]byte("some are lost"))
				}
			}
		}()
		for range 5 {
			s.at(t, "ip link set DEV down")
			s.at(t, "ip link set DEV up")
			s.at(t, "ip route replace "+s.B().Addr.String()+" dev DEV")
		}
		close(stop)
		<-stopped
	},
	"a superpacket that the kernel cannot segment": func(t *testing.T, s *scene, _ *flow) {
		// TCP over IPv6 with a fragment header (case P1 of the packets that were tried).
		frame, err := hex.DecodeString("01044400640030001000" + "6000000001682c40" +
			"20010db8006600000000000000000001" + "20010db8006600000000000000000002" +
			"0600000012345678" + "03e807d0" + "00000001" + "00000007" + "501001f4" + "00000000" + strings.Repeat("00", 332))
		if err != nil {
			t.Fatal(err)
		}
		err = s.A().Namespace.Do(func() error {
			fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1); err != nil {
				return err
			}
			const ipv6InNetworkOrder = 0xdd86
			return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: s.A().IfIndex, Protocol: ipv6InNetworkOrder})
		})
		if err != nil {
			t.Fatal(err)
		}
	},
	"another forwarder comes and goes": func(t *testing.T, s *scene, f *flow) {
		_, stop := s.forward(t)
		for range 10 {
			if _, err := f.send.Write([]byte("to whichever")); err != nil {
				t.Fatal(err)
			}
		}
		stop()
	},
	"nothing": func(*testing.T, *scene, *flow) {},
}

// TestNothingStopsADirection: whatever happens to one packet costs that packet, and a worker that
// sleeps is woken by the next.
func TestNothingStopsADirection(t *testing.T) {
	for name, happens := range mishaps {
		for _, mode := range intake.Modes() {
			t.Run(name+",intake="+string(mode), func(t *testing.T) {
				s := newScene(t, mode)
				f := s.newFlow(t)
				session, _ := s.forward(t)
				if on := session.Negotiated().Intake; on != (mode == intake.ModeAuto) {
					t.Fatalf("intake in use: %t; notes %q", on, session.Negotiated().Notes)
				}
				f.starts(t)
				for range 3 {
					f.passes(t, 20)
					happens(t, s, f)
					f.starts(t)
				}
				f.passes(t, 200)
			})
		}
	}
}

// inTheWay are what somebody sets up at the egress of a device that packets must not skip, and
// what a note then says.
var inTheWay = map[string]struct {
	commands []string
	says     string
}{
	"shaper":       {[]string{"tc qdisc replace dev DEV root tbf rate 1mbit burst 4000 limit 4000"}, "queueing discipline (tbf)"},
	"leaf":         {[]string{"tc qdisc replace dev DEV root handle 1: mq", "tc qdisc replace dev DEV parent 1:1 pfifo limit 2"}, "queueing discipline"},
	"filter":       {[]string{"tc qdisc add dev DEV clsact", "tc filter add dev DEV egress protocol ip u32 match u32 0 0 action mirred egress redirect dev lo"}, "a filter (clsact egress"},
	"eBPF program": {nil, "an eBPF program (TCX egress"},
	"other queue":  {[]string{}, "queues of another program"},
}

// setUp sets one up; what has no commands is another forwarder's intake, or its queue.
func (s *scene) setUp(t *testing.T, commands []string) {
	t.Helper()
	for _, command := range commands {
		s.at(t, command)
	}
	if len(commands) > 0 {
		return
	}
	if commands != nil {
		other, err := tun.Open(tun.Config{
			NetNS: s.A().Namespace.Path(), Name: s.A().Device, Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: tun.OffloadAll, MustExist: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { other.Close() })
		return
	}
	err := s.A().Namespace.Do(func() error {
		other, err := intake.Attach(intake.Config{IfIndex: s.A().IfIndex, Queues: 1, Workers: 1, VnetHdrLen: 12})
		if err == nil {
			t.Cleanup(func() { other.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestIntakeSkipsNothing: where somebody shapes or filters packets the intake stays off, and a
// note names it; it goes off when that comes later.
func TestIntakeSkipsNothing(t *testing.T) {
	for name, c := range inTheWay {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, intake.ModeAuto)
			session, stop := s.forward(t)
			if n := session.Negotiated(); !n.Intake || len(n.Notes) != 0 {
				t.Fatalf("intake in use: %t; notes %q", n.Intake, n.Notes)
			}
			f := s.newFlow(t)
			f.starts(t)
			f.passes(t, 5)
			s.setUp(t, c.commands)
			deadline := time.Now().Add(limit)
			said := func(session *Session, more string) bool {
				return slices.ContainsFunc(session.Negotiated().Notes, func(note string) bool {
					return strings.Contains(note, c.says) && strings.Contains(note, more)
				})
			}
			for session.Negotiated().Intake || !said(session, "from now on") {
				if time.Now().After(deadline) {
					t.Fatalf("it is not noticed; notes %q", session.Negotiated().Notes)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if name == "filter" { // and it works
				if _, err := f.send.Write([]byte("filtered")); err != nil {
					t.Fatal(err)
				}
				s.at(t, "tc qdisc del dev DEV clsact")
				if got := f.next(t); strings.HasPrefix(got, "filtered") {
					t.Errorf("%q arrived in spite of the filter", got)
				}
				s.setUp(t, c.commands)
			}
			stop()

			again, stop := s.forward(t)
			if n := again.Negotiated(); n.Intake || !said(again, "") {
				t.Errorf("intake in use: %t; notes %q", n.Intake, n.Notes)
			}
			stop()
		})
	}
}

// TestIntakeGoesOnWithout: what keeps packets from being taken is said, and they are read.
func TestIntakeGoesOnWithout(t *testing.T) {
	for name, change := range map[string]func(o *Options){
		"not with engine=sync":          func(o *Options) { o.Engine = forwarder.EngineSync },
		"not without vnet headers":      func(o *Options) { o.VnetHdr, o.Offload = false, tun.OffloadNone },
		"not with offload=tso":          func(o *Options) { o.Offload = tun.OffloadTSO },
		"its choice cannot be repeated": func(o *Options) { o.Queues, o.Steer = 2, steer.PolicyKernel },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, intake.ModeAuto)
			change(&s.options)
			session, _ := s.forward(t)
			if n := session.Negotiated(); n.Intake || len(n.Notes) != 1 || !strings.Contains(n.Notes[0], name) {
				t.Errorf("intake in use: %t; notes %q", n.Intake, n.Notes)
			}
			f := s.newFlow(t)
			f.starts(t)
			f.passes(t, 20)
		})
	}
}

// TestIntakeOutOfFiles: with too few files for an intake, and enough without one, packets are read.
func TestIntakeOutOfFiles(t *testing.T) {
	s := newScene(t, intake.ModeAuto)
	f := s.newFlow(t)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &before) })
	without, with := 0, 0
	for files := uint64(8); with == 0; files++ {
		if files > 200 {
			t.Fatal("an intake with 200 files is not enough")
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: before.Max}); err != nil {
			t.Fatal(err)
		}
		session, err := Open(s.options)
		if setErr := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); setErr != nil {
			t.Fatal(setErr)
		}
		if err != nil {
			continue
		}
		if session.Negotiated().Intake {
			with++
		} else {
			without++
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- session.Run(ctx) }()
		f.starts(t)
		f.passes(t, 5)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	if without == 0 {
		t.Error("with every number of files that was enough there was an intake")
	}
}
