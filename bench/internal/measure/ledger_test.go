package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/forwarder"
	"tunbench/results"
)

func TestLedger(t *testing.T) {
	entry := func(p results.Place, n int64) results.LedgerEntry {
		return results.LedgerEntry{Place: p, Packets: n}
	}
	for _, tc := range []struct {
		name string
		path path
		want results.Ledger
		loss float64
	}{
		{
			name: "nothing between, nothing lost",
			path: path{
				sent: load.Sent{Intended: 100, Offered: 100}, sentSegments: 1, deviceSegments: 1,
				sink: sink.FlowCounts{Unique: 100},
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("qdisc", 0),
				entry("device_ring", 0),
				entry("receiving_device", 0),
				entry("corrupt", 0),
				entry("sink", 100),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
		},
		{
			name: "a program of others: what the ring dropped, what the device refused, the rest lost in it",
			path: path{
				sent: load.Sent{Intended: 100, Offered: 100}, sentSegments: 1, deviceSegments: 1, program: true,
				source: testbed.LinkCounters{TxDropped: 10}, target: testbed.LinkCounters{RxDropped: 5},
				sink: sink.FlowCounts{Unique: 60},
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("qdisc", 0),
				entry("device_ring", 10),
				entry("program", 25),
				entry("receiving_device", 5),
				entry("corrupt", 0),
				entry("sink", 60),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
			loss: 0.4,
		},
		{
			name: "bridges: the generator's ring is that of the host's veth",
			path: path{
				sent: load.Sent{Intended: 100, Offered: 100, RingDropped: 3}, redirected: true, sentSegments: 1, deviceSegments: 1,
				source: testbed.LinkCounters{TxDropped: 10}, router: testbed.LinkCounters{TxDropped: 5},
				links: hostLinks{kind: bridged, in: testbed.LinkCounters{TxDropped: 1, QdiscDrops: 2}, out: testbed.LinkCounters{TxDropped: 5}},
				sink:  sink.FlowCounts{Unique: 80},
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("sender_link", 5),
				entry("qdisc", 0),
				entry("device_ring", 10),
				entry("receiving_device", 0),
				entry("receiver_link", 5),
				entry("corrupt", 0),
				entry("sink", 80),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
			loss: 0.2,
		},
		{
			name: "VXLAN: what its device was told was lost below it counts once",
			path: path{
				sent: load.Sent{Intended: 100, Offered: 100}, sentSegments: 1, deviceSegments: 1,
				source: testbed.LinkCounters{TxDropped: 10},
				links:  hostLinks{kind: overlay, in: testbed.LinkCounters{TxDropped: 12}, out: testbed.LinkCounters{RxDropped: 3}},
				sink:   sink.FlowCounts{Unique: 85},
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("sender_link", 2),
				entry("qdisc", 0),
				entry("device_ring", 10),
				entry("receiving_device", 0),
				entry("receiver_link", 3),
				entry("corrupt", 0),
				entry("sink", 85),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
			loss: 0.15,
		},
		{
			name: "a program that takes packets before a device which drops them all",
			path: path{
				sent: load.Sent{Intended: 100, Offered: 100}, sentSegments: 1, deviceSegments: 1, program: true,
				source: testbed.LinkCounters{TxDropped: 100},
				sink:   sink.FlowCounts{Unique: 97},
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("qdisc", 0),
				entry("device_ring", 3),
				entry("receiving_device", 0),
				entry("corrupt", 0),
				entry("sink", 97),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
			loss: 0.03,
		},
		{
			name: "a loss at every place, superpackets split before the device",
			path: path{
				sent:   load.Sent{Intended: 1000, Offered: 990, NotOffered: 10, Refused: 3},
				source: testbed.LinkCounters{QdiscDrops: 2, TxDropped: 30}, // 20 and 30 segments
				target: testbed.LinkCounters{RxDropped: 9},                 // 4 of them failed writes
				forwarder: &forwarder.DirectionStats{
					IntakeDrops: 6, ReadSegments: 934, WrittenSegments: 927,
					Drops: map[string]uint64{"runt": 3}, WriteErrors: map[string]uint64{"EIO": 4},
				},
				sink: sink.FlowCounts{Unique: 918, Duplicates: 7, TooOld: 1}, corrupt: 2,
				sentSegments: 10, deviceSegments: 1,
			},
			want: results.Ledger{
				entry("intended", 1000),
				entry("not_offered", 7),
				entry("sender_socket", 3),
				entry("qdisc", 20),
				entry("device_ring", 30),
				entry("intake_ring", 6),
				entry("read_by_forwarder", 934),
				entry("forwarder_drop:runt", 3),
				entry("write_error:EIO", 4),
				entry("receiving_device", 5),
				entry("corrupt", 2),
				entry("sink", 919),
				entry("duplicated", 7),
				entry("unaccounted", 1),
			},
			loss: 0.081,
		},
		{
			name: "redirected into the ring, whose device counts once for many",
			path: path{
				sent: load.Sent{Offered: 100, RingDropped: 30}, redirected: true, sentSegments: 1, deviceSegments: 1,
				source: testbed.LinkCounters{TxDropped: 2}, router: testbed.LinkCounters{TxDropped: 5},
				sink: sink.FlowCounts{Unique: 65},
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("qdisc", 0),
				entry("device_ring", 35),
				entry("receiving_device", 0),
				entry("corrupt", 0),
				entry("sink", 65),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
			loss: 0.35,
		},
		{
			name: "superpackets on the device, a drop is a whole one; maximum load intends what it offers",
			path: path{
				sent:   load.Sent{Offered: 320},
				source: testbed.LinkCounters{TxDropped: 2},
				router: testbed.LinkCounters{TxDropped: 1},
				sink:   sink.FlowCounts{Unique: 224}, sentSegments: 32, deviceSegments: 32,
			},
			want: results.Ledger{
				entry("intended", 320),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("qdisc", 0),
				entry("device_ring", 96),
				entry("receiving_device", 0),
				entry("corrupt", 0),
				entry("sink", 224),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
			loss: 0.3,
		},
		{
			name: "somebody else's packets to the port are no loss, damaged ones as many as are missing are",
			path: path{
				sent: load.Sent{Intended: 100, Offered: 100}, sentSegments: 1, deviceSegments: 1,
				sink: sink.FlowCounts{Unique: 97}, corrupt: 500, foreign: 4, earlier: 6,
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("qdisc", 0),
				entry("device_ring", 0),
				entry("receiving_device", 0),
				entry("corrupt", 3),
				entry("sink", 97),
				entry("duplicated", 0),
				entry("earlier_load", 6),
				entry("foreign", 501),
				entry("unaccounted", 0),
			},
			loss: 0.03,
		},
		{
			name: "what is missing was still on its way",
			path: path{
				sent: load.Sent{Intended: 100, Offered: 100}, sentSegments: 1, deviceSegments: 1,
				sink: sink.FlowCounts{Unique: 60}, held: true,
			},
			want: results.Ledger{
				entry("intended", 100),
				entry("not_offered", 0),
				entry("sender_socket", 0),
				entry("qdisc", 0),
				entry("device_ring", 0),
				entry("receiving_device", 0),
				entry("corrupt", 0),
				entry("in_flight", 40),
				entry("sink", 60),
				entry("duplicated", 0),
				entry("unaccounted", 0),
			},
			loss: 0.4,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.path.ledger()); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			if got := tc.path.lossRatio(); got == nil || *got != tc.loss {
				t.Errorf("loss ratio %v, want %v", got, tc.loss)
			}
		})
	}
}

func TestJointLossWeighsByLoad(t *testing.T) {
	all := &path{sent: load.Sent{Intended: 900}, sink: sink.FlowCounts{Unique: 900}}
	none := &path{sent: load.Sent{Intended: 100}}
	if got := jointLoss([]*path{all, none, {}}); got == nil || *got != 0.1 {
		t.Errorf("joint loss %v, want 0.1", got)
	}
	if got := jointLoss([]*path{{}}); got != nil {
		t.Errorf("joint loss of nothing %v, want none", *got)
	}
}
