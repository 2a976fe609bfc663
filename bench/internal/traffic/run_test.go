package traffic

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pairedSender sends into socket pairs that nobody reads: no network and no
// privileges, and EAGAIN as soon as one is full.
func pairedSender(tb testing.TB, flows, segments int) *Sender {
	tb.Helper()
	s := newSender(SenderConfig{
		Dst: netip.IPv4Unspecified(), Flows: flows, Size: 64, Segments: segments, CPU: -1,
	})
	for range flows {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			tb.Fatal(err)
		}
		s.sockets = append(s.sockets, pair[0])
		tb.Cleanup(func() { unix.Close(pair[1]) })
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// A full socket costs what it refused, no more: the schedule holds, each packet
// is counted once, and the rest is not offered.
func TestPaceRefused(t *testing.T) {
	for _, flows := range []int{1, 3} {
		s := pairedSender(t, flows, 1)
		sent, err := s.Run(t.Context(), Load{Pps: 50_000}, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if sent.Intended != 5000 || sent.Offered == 0 || sent.Offered+sent.NotOffered != 5000 {
			t.Errorf("%d flows: offered %d + not offered %d of %d", flows, sent.Offered, sent.NotOffered, sent.Intended)
		}
		if sent.Errors[unix.EAGAIN] < sent.NotOffered {
			t.Errorf("%d flows: %d not offered, but only %v", flows, sent.NotOffered, sent.Errors)
		}
		if n := uint64(sent.Lateness.TotalCount()); n != sent.Offered {
			t.Errorf("%d flows: %d values of lateness for %d segments", flows, n, sent.Offered)
		}
		if sent.Duration != 100*time.Millisecond {
			t.Errorf("%d flows: took %v", flows, sent.Duration)
		}
	}
}

// What arrives must carry flow, number and due time of the schedule.
func TestPaceStamps(t *testing.T) {
	const flows, segments, pps = 3, 2, 1000
	s := newSender(SenderConfig{Dst: netip.IPv4Unspecified(), Flows: flows, Size: 64, Segments: segments, CPU: -1})
	readers := make([]int, flows)
	for i := range flows {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.sockets = append(s.sockets, pair[0])
		readers[i] = pair[1]
		defer unix.Close(pair[1])
	}
	defer s.Close()

	const packets = 14
	sent, err := s.Run(t.Context(), Load{Pps: pps}, packets*segments*time.Second/pps)
	if err != nil || sent.Offered != packets*segments {
		t.Fatalf("offered %d, %v", sent.Offered, err)
	}
	buf := make([]byte, 1<<16)
	for k := range packets {
		n, err := unix.Read(readers[k%flows], buf)
		if err != nil {
			t.Fatalf("packet %d: %v", k, err)
		}
		if want := segments * (64 - ipv4Len - udpLen); n != want {
			t.Errorf("packet %d has %d bytes of payload, want %d", k, n, want)
		}
		for j := range segments {
			got, err := ParseStamp(buf[j*n/segments:])
			want := Stamp{
				Flow:     uint16(k % flows),
				Seq:      uint64(k/flows*segments + j),
				Intended: uint64(sent.Start+int64(k*segments)*int64(time.Second)/pps) & stampMask,
			}
			if err != nil || got != want {
				t.Errorf("packet %d segment %d: %+v, %v; want %+v", k, j, got, err, want)
			}
		}
	}
}

func TestSendLoopsDoNotAllocate(t *testing.T) {
	s := pairedSender(t, 2, 1)
	r := &run{sender: s}
	r.sent.Lateness = NewHistogram()
	r.sent.Start = monotonic()
	sched := newSchedule(1e9)
	var k int64
	for name, step := range map[string]func() error{
		"flood": func() error { return r.floodFlow(0, monotonic()) },
		"pace": func() error {
			k += 8
			return r.sendDue(sched, k-8, k)
		},
		"wait": func() error {
			waitUntil(t.Context(), monotonic()+sleepAbove+1000)
			return nil
		},
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
