package testbed

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"tunbench/forwarder/tun"
)

const shapedPayload, shapedBits = 972, 40e6

// TestShaper offers more than the rate: every packet passes or is a drop of the qdisc.
func TestShaper(t *testing.T) {
	shaping(t, func(t *testing.T, bed *Testbed, _ uint64) {
		if !eventually(func() bool { return mustCounters(t, bed).A.QdiscDrops > 0 }) {
			t.Error("the qdisc drops nothing")
		}
	})
}

// shaping runs look in each scene that has a shaper, while more is offered than that lets
// pass, in frames of so many bytes, and then holds the counters against what was sent.
func shaping(t *testing.T, look func(t *testing.T, bed *Testbed, frame uint64)) {
	const (
		payload = shapedPayload
		burst   = 100_000 // what a timer that is 20 ms late makes up for
		waiting = 20      // packets; fewer than a socket may have on the way, so that none waits for it
	)
	shapers := map[ShaperKind]Shaper{
		TBF: {Kind: TBF, LimitBytes: waiting * (payload + 42)},
		HTB: {Kind: HTB, LimitPackets: waiting},
	}
	for kind, shaper := range shapers {
		shaper.BitsPerSecond, shaper.BurstBytes = shapedBits, burst
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
				before := mustCounters(t, bed)
				look(t, bed, frame)
				sent := offer.stop()
				if err := bed.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
				all := mustCounters(t, bed)
				if all.A.QdiscDrops == 0 || all.A.TxPackets+all.A.TxDropped+all.A.QdiscDrops != sent { // a device's ring drops where nobody has time to read it
					t.Errorf("%d passed, %d and %d dropped of %d sent", all.A.TxPackets, all.A.TxDropped, all.A.QdiscDrops, sent)
				}
				checkCountedOnce(t, bed, before)
			})
		}
	}
}

// checkCountedOnce fails if the IP stack of A counts again what its qdisc dropped.
func checkCountedOnce(t *testing.T, bed *Testbed, before Counters) {
	t.Helper()
	if stack := mustCounters(t, bed).Sub(before).StackA; len(stack) > 0 {
		t.Errorf("IP stack counted %v beside the qdisc's drops", stack)
	}
}

// TestShaperQueue fills the queue of an htb until it drops a packet while none leaves: its
// limit is the Shaper's, not the device's queue length.
func TestShaperQueue(t *testing.T) {
	const limit = 7
	bed := up(t, Config{Topology: Veth, Shaper: &Shaper{
		Kind: HTB, BitsPerSecond: 13000, BurstBytes: 1514, LimitPackets: limit, // a packet takes most of a second
	}})
	listen(t, bed.B(), bed.B().Addr)
	client := dial(t, bed.A(), bed.B().Addr)
	for sent := uint64(0); ; sent++ {
		before := mustCounters(t, bed).A
		if _, err := client.Write(make([]byte, 1400)); err != nil {
			t.Fatal(err)
		}
		after := mustCounters(t, bed).A
		if after.QdiscDrops == before.QdiscDrops || after.TxPackets != before.TxPackets {
			if sent < 1000 {
				continue
			}
			t.Fatalf("no drop after %d packets: %+v", sent, after)
		}
		if waits := sent - before.QdiscDrops - before.TxPackets; waits != limit {
			t.Errorf("%d sent, %d dropped of %d: %d wait, want %d", before.TxPackets, before.QdiscDrops, sent, waits, limit)
		}
		return
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
