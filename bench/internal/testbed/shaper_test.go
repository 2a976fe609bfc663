package testbed

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"tunbench/forwarder/tun"
)

func TestShaper(t *testing.T) {
	const (
		payload       = 972
		bitsPerSecond = 40e6
		burst         = 100_000 // what a timer that is 20 ms late makes up for
		waiting       = 20      // packets; fewer than a socket may have on the way, so that none waits for it
	)
	shapers := map[ShaperKind]Shaper{
		TBF: {Kind: TBF, LimitBytes: waiting * (payload + 42)},
		HTB: {Kind: HTB, LimitPackets: waiting},
	}
	for kind, shaper := range shapers {
		shaper.BitsPerSecond, shaper.BurstBytes = bitsPerSecond, burst
		for name, frame := range map[string]uint64{"veth": payload + 42, "tun": payload + 28, "tap": payload + 42} {
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				cfg := scenes()[name]
				cfg.Shaper, cfg.TxQueueLen = &shaper, 500
				bed := up(t, cfg)
				listen(t, bed.B(), bed.B().Addr) // else B answers, and sends fail
				if cfg.Topology == Devices {
					drainDevice(t, bed.A(), cfg.Kind)
				}
				if err := bed.A().Namespace.waitRunning(t.Context(), bed.A().IfIndex); err != nil {
					t.Fatal(err)
				}
				if c := mustCounters(t, bed); c.A.Qdisc != string(kind) || kernelLink(t, bed.A()).TxQLen != cfg.TxQueueLen {
					t.Fatalf("root qdisc is %s, queue length %d", c.A.Qdisc, kernelLink(t, bed.A()).TxQLen)
				}
				offer := startOffer(t, dial(t, bed.A(), bed.B().Addr), payload)
				time.Sleep(50 * time.Millisecond)
				before := mustCounters(t, bed)
				checkRate(t, bed, frame, bitsPerSecond)
				sent := offer.stop()
				if err := bed.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
				all := mustCounters(t, bed)
				if all.A.QdiscDrops == 0 || all.A.TxPackets+all.A.QdiscDrops != sent {
					t.Errorf("%d passed and %d dropped of %d sent", all.A.TxPackets, all.A.QdiscDrops, sent)
				}
				checkCountedOnce(t, bed, before)
			})
		}
	}
}

// checkRate looks at what leaves A in half a second: as much as the rate, in the first
// half second in which the machine is not busy elsewhere.
func checkRate(t *testing.T, bed *Testbed, frame uint64, rate float64) {
	t.Helper()
	const attempts, tolerance = 6, 0.04
	var least, most float64 // bit/s
	for range attempts {
		w := watch(t, bed)
		bits := float64(8 * frame * w.packets)
		least, most = bits/w.longest, bits/w.shortest
		if most >= rate*(1-tolerance) && least <= rate*(1+tolerance) {
			return
		}
	}
	t.Errorf("%.4g to %.4g bit/s passed, want %.4g", least, most, rate)
}

// window is a time in which packets left A. The counters are those of a moment
// between before and after their reading, so it is known from below and above, in s.
type window struct {
	packets           uint64
	shortest, longest float64
}

func watch(t *testing.T, bed *Testbed) window {
	t.Helper()
	beforeFirst := time.Now()
	first := mustCounters(t, bed)
	afterFirst := time.Now()
	time.Sleep(500 * time.Millisecond)
	beforeLast := time.Now()
	last := mustCounters(t, bed)
	return window{
		packets:  last.Sub(first).A.TxPackets,
		shortest: beforeLast.Sub(afterFirst).Seconds(),
		longest:  time.Since(beforeFirst).Seconds(),
	}
}

// checkCountedOnce fails if the IP stack of A counts again what its qdisc dropped.
func checkCountedOnce(t *testing.T, bed *Testbed, before Counters) {
	t.Helper()
	if stack := mustCounters(t, bed).Sub(before).StackA; len(stack) > 0 {
		t.Errorf("IP stack counted %v beside the qdisc's drops", stack)
	}
}

// TestShaperQueue fills the queue of an htb: its limit is the Shaper's, not the
// device's queue length.
func TestShaperQueue(t *testing.T) {
	const limit, packets = 7, 30
	bed := up(t, Config{Topology: Veth, Shaper: &Shaper{
		Kind: HTB, BitsPerSecond: 13000, BurstBytes: 1514, LimitPackets: limit, // a packet takes most of a second
	}})
	listen(t, bed.B(), bed.B().Addr)
	client := dial(t, bed.A(), bed.B().Addr)
	for range packets {
		if _, err := client.Write(make([]byte, 1400)); err != nil {
			t.Fatal(err)
		}
	}
	c := mustCounters(t, bed).A
	if waits := packets - c.QdiscDrops - c.TxPackets; waits != limit {
		t.Errorf("%d sent, %d dropped: %d wait, want %d", c.TxPackets, c.QdiscDrops, waits, limit)
	}
}

// offer is a sender that never pauses.
type offer struct {
	end  chan struct{}
	sent chan uint64
}

func startOffer(t *testing.T, conn *net.UDPConn, payload int) *offer {
	o := &offer{make(chan struct{}), make(chan uint64)}
	go func() {
		packet, sent := make([]byte, payload), uint64(0)
		for {
			select {
			case <-o.end:
				o.sent <- sent
				return
			default:
			}
			if _, err := conn.Write(packet); err != nil {
				t.Errorf("send: %v", err)
			}
			sent++
		}
	}()
	return o
}

// stop ends it and returns how many packets it sent.
func (o *offer) stop() uint64 {
	close(o.end)
	return <-o.sent
}

// drainDevice reads a device's packets for as long as the test runs.
func drainDevice(t *testing.T, end *End, kind tun.Kind) {
	t.Helper()
	queue := attach(t, end, kind, false)
	queue.SetDeadline(time.Time{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for packet := make([]byte, 2048); ; {
			if _, err := queue.Read(packet); err != nil {
				if !errors.Is(err, os.ErrClosed) {
					t.Errorf("drain %s: %v", end.Device, err)
				}
				return
			}
		}
	}()
	t.Cleanup(func() {
		queue.Close()
		<-done
	})
}
