package testbed

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCountersSub(t *testing.T) {
	prev := Counters{
		A:      LinkCounters{RxPackets: 1, TxPackets: 2, RxBytes: 3, TxBytes: 4, RxDropped: 7, TxDropped: 8, Qdisc: "pfifo", QdiscDrops: 1<<32 - 1},
		Router: []LinkCounters{{RxPackets: 100}, {TxPackets: 200}},
		StackA: Stack{"Ip.InDiscards": 5, "Udp.NoPorts": 6},
		StackB: Stack{"Ip.InDiscards": 5},
	}
	now := Counters{
		A:      LinkCounters{RxPackets: 11, TxPackets: 22, RxBytes: 33, TxBytes: 44, RxDropped: 77, TxDropped: 88, Qdisc: "pfifo", QdiscDrops: 2},
		B:      LinkCounters{TxBytes: 1},
		Router: []LinkCounters{{RxPackets: 101}, {TxPackets: 202}},
		StackA: Stack{"Ip.InDiscards": 7, "Udp.NoPorts": 6},
		StackB: Stack{"Ip.InDiscards": 5},
	}
	want := Counters{
		A:      LinkCounters{RxPackets: 10, TxPackets: 20, RxBytes: 30, TxBytes: 40, RxDropped: 70, TxDropped: 80, Qdisc: "pfifo", QdiscDrops: 3},
		B:      LinkCounters{TxBytes: 1},
		Router: []LinkCounters{{RxPackets: 1}, {TxPackets: 2}},
		StackA: Stack{"Ip.InDiscards": 2},
	}
	if diff := cmp.Diff(want, now.Sub(prev)); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
}

// TestTxDroppedIsAFullRing fills the ring of a TUN device that nobody reads.
func TestTxDroppedIsAFullRing(t *testing.T) {
	cfg := scenes()["tun"]
	cfg.TxQueueLen, cfg.Qdisc = 8, "noqueue"
	bed := up(t, cfg)
	attach(t, bed.A(), cfg.Kind, cfg.MultiQueue)
	attach(t, bed.B(), cfg.Kind, cfg.MultiQueue)
	if err := bed.WaitCarrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	client := dial(t, bed.A(), bed.B().Addr)
	for range 20 {
		if _, err := client.Write([]byte("packet")); err != nil {
			t.Fatal(err)
		}
	}
	if dropped := mustCounters(t, bed).A.TxDropped; dropped != 12 {
		t.Errorf("%d dropped of 20 packets into a ring of 8, want 12", dropped)
	}
}
