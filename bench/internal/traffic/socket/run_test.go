package socket

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// socketPairs returns a sender into socket pairs and the ends to read: no network
// and no privileges, and EAGAIN as soon as one is full.
func socketPairs(tb testing.TB, cfg SenderConfig) (s *Sender, readers []int) {
	tb.Helper()
	cfg.Grace = traffictest.Long
	s = newSender(cfg)
	for range cfg.Flows {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			tb.Fatal(err)
		}
		s.sockets = append(s.sockets, pair[0])
		readers = append(readers, pair[1])
		tb.Cleanup(func() { unix.Close(pair[1]) })
	}
	tb.Cleanup(func() { s.Close() })
	return s, readers
}

// pairedSender sends into socket pairs that nobody reads.
func pairedSender(tb testing.TB, flows, segments int) *Sender {
	tb.Helper()
	s, _ := socketPairs(tb, SenderConfig{
		Profile:  load.Profile{Dst: netip.IPv4Unspecified(), Flows: flows, Sizes: load.OneSize(64)},
		Segments: segments, CPU: -1,
	})
	return s
}

// A full socket costs what it refused, no more: the schedule holds, each packet
// is counted once, and the rest is not offered.
func TestPaceRefused(t *testing.T) {
	for _, flows := range []int{1, 3} {
		s := pairedSender(t, flows, 1)
		sent, err := s.Run(t.Context(), load.Load{Pps: 50_000}, 100*time.Millisecond)
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
	s, readers := socketPairs(t, SenderConfig{
		Profile:  load.Profile{Dst: netip.IPv4Unspecified(), Flows: flows, Sizes: load.OneSize(64)},
		Segments: segments, CPU: -1,
	})
	const packets = 14
	sent, err := s.Run(t.Context(), load.Load{Pps: pps}, packets*segments*time.Second/pps)
	if err != nil || sent.Offered != packets*segments {
		t.Fatalf("offered %d, %v", sent.Offered, err)
	}
	buf := make([]byte, 1<<16)
	for k := range packets {
		n, err := unix.Read(readers[k%flows], buf)
		if err != nil {
			t.Fatalf("packet %d: %v", k, err)
		}
		if want := segments * (64 - wire.IPv4Len - wire.UDPLen); n != want {
			t.Errorf("packet %d has %d bytes of payload, want %d", k, n, want)
		}
		for j := range segments {
			got, err := wire.ParseStamp(buf[j*n/segments:])
			want := wire.Stamp{
				Flow:     uint16(k % flows),
				Seq:      uint64(k/flows*segments + j),
				Intended: uint64(sent.Start+int64(k*segments)*int64(time.Second)/pps) & wire.StampMask,
			}
			if err != nil || got != want {
				t.Errorf("packet %d segment %d: %+v, %v; want %+v", k, j, got, err, want)
			}
		}
	}
}

// Each flow gets its packets of the plan in order, with their sizes and times,
// however many are sent together.
func TestPacePlan(t *testing.T) {
	for _, order := range []load.Order{load.OrderInterleaved, load.OrderInOrder, load.OrderZipf} {
		t.Run(string(order), func(t *testing.T) {
			const pps, packets = 100_000, 800
			cfg := SenderConfig{
				Profile:  load.Profile{Dst: netip.IPv4Unspecified(), Flows: 7, Order: order, Sizes: traffictest.IMIX()},
				Segments: 1, CPU: -1,
			}
			s, readers := socketPairs(t, cfg)
			for _, fd := range s.sockets {
				if err := growSendBuffer(fd); err != nil {
					t.Fatal(err)
				}
			}
			sent, err := s.Run(t.Context(), load.Load{Pps: pps, Packets: packets}, time.Second)
			if err != nil || sent.Offered != packets || sent.Intended != packets || sent.Duration != packets*time.Second/pps {
				t.Fatalf("offered %d of %d in %v, %v", sent.Offered, sent.Intended, sent.Duration, err)
			}
			sched := load.NewSchedule(pps)
			walk := load.NewWalk(load.NewPlan(&cfg.Profile))
			seqs := make([]uint64, cfg.Flows)
			size := 0
			buf := make([]byte, 1<<12)
			for k := range int64(packets) {
				flow, share := walk.Next()
				n, err := unix.Read(readers[flow], buf)
				if err != nil {
					t.Fatalf("packet %d: %v", k, err)
				}
				got, err := wire.ParseStamp(buf[:n])
				want := wire.Stamp{Flow: flow, Seq: seqs[flow], Intended: uint64(sent.Start+sched.At(k)) & wire.StampMask}
				if err != nil || got != want || n != cfg.Payload(cfg.Sizes[share].Size) || traffictest.PlainSum(buf[:n]) != wire.StampSum {
					t.Fatalf("packet %d: %d bytes, %+v, %v; want %+v", k, n, got, err, want)
				}
				seqs[flow]++
				size += cfg.Sizes[share].Size
			}
			if sent.OfferedBytes != uint64(size) {
				t.Errorf("%d bytes offered, want %d", sent.OfferedBytes, size)
			}
		})
	}
}

// A limit holds at any load, in whole superpackets.
func TestSenderPackets(t *testing.T) {
	for _, c := range []struct {
		segments      int
		limit, offers uint64
	}{{1, 100, 100}, {16, 64, 64}, {16, 65, 80}} {
		for _, pps := range []float64{0, 10_000} {
			s, _ := socketPairs(t, SenderConfig{
				Profile:  load.Profile{Dst: netip.IPv4Unspecified(), Flows: 3, Sizes: load.OneSize(64)},
				Segments: c.segments, CPU: -1,
			})
			sent, err := s.Run(t.Context(), load.Load{Pps: pps, Packets: c.limit}, time.Minute)
			if err != nil || sent.Offered != c.offers {
				t.Errorf("%d segments, %v pps: offered %d of at most %d, %v", c.segments, pps, sent.Offered, c.limit, err)
			}
		}
	}
}

// At maximum load a socket takes a part of a batch only, and the mix of sizes is that
// of the packets it took, in each flow.
func TestFloodKeepsTheMix(t *testing.T) {
	for _, flows := range []int{1, 3} {
		s, readers := socketPairs(t, SenderConfig{
			Profile:  load.Profile{Dst: netip.IPv4Unspecified(), Flows: flows, Sizes: traffictest.IMIX()},
			Segments: 1, CPU: -1,
		})
		r := &run{sender: s, walk: load.NewWalk(s.plan)}
		counts := make([]map[int]int, flows)
		for i := range counts {
			counts[i] = map[int]int{}
		}
		var sequence []int // of sizes, over all flows
		buf := make([]byte, wire.MaxSize)
		for range 600 {
			flow := r.walk.NextRun()
			if err := r.floodFlow(flow, thread.Now()); err != nil {
				t.Fatal(err)
			}
			for range 25 { // fewer than a batch: the socket fills up
				n, err := unix.Read(readers[flow], buf)
				if err != nil {
					break
				}
				size := n + wire.HeaderLen(s.cfg.Dst)
				counts[flow][size]++
				sequence = append(sequence, size)
			}
		}
		if refused := 600*uint64(s.batch.cap()) - r.sent.Offered; refused < 1000 || len(sequence) < 10_000 {
			t.Fatalf("%d flows: %d packets refused, %d read: nothing to see", flows, refused, len(sequence))
		}
		if flows == 1 {
			for k, size := range sequence {
				if want := s.cfg.Sizes[s.plan.Sizes[k%len(s.plan.Sizes)]].Size; size != want {
					t.Fatalf("packet %d has %d bytes, want %d", k, size, want)
				}
			}
		}
		for flow, count := range counts {
			total := count[64] + count[570] + count[1518]
			if math.Abs(float64(count[64])/float64(total)-7.0/12) > 0.02 || math.Abs(float64(count[1518])/float64(total)-1.0/12) > 0.02 {
				t.Errorf("%d flows: flow %d has sizes %v, want 7:4:1", flows, flow, count)
			}
		}
	}
}

func TestSendLoopsDoNotAllocate(t *testing.T) {
	s := pairedSender(t, 2, 1)
	r := &run{sender: s, walk: load.NewWalk(s.plan)}
	r.sent.Lateness = histogram.New()
	r.sent.Start = thread.Now()
	sched := load.NewSchedule(1e9)
	var k int64
	for name, step := range map[string]func() error{
		"flood": func() error { return r.floodFlow(0, thread.Now()) },
		"pace": func() error {
			k += 8
			return r.sendDue(sched, k-8, k)
		},
		"wait": func() error {
			thread.WaitUntil(t.Context(), thread.Now()+200_000)
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
