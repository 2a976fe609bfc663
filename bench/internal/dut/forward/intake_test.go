package forward

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

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
