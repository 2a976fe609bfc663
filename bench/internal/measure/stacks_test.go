package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

func TestStacks(t *testing.T) {
	everything := testbed.Stack{"Ip.InDiscards": 3, "Udp.RcvbufErrors": 5, "Udp.MemErrors": 1, "Udp.InCsumErrors": 7}
	router := testbed.Stack{"Ip.InHdrErrors": 2}
	for _, tc := range []struct {
		name   string
		stacks stacks
		want   results.Ledger
	}{
		{"sockets send, the device's sink receives", stacks{source: everything, target: everything}, nil},
		{"only the router has a stack", stacks{source: everything, router: router, target: everything}, results.Ledger{
			{Place: "stack_drop:Ip.InHdrErrors", Packets: 20},
		}},
		{"the load passes through the source", stacks{source: everything, passed: true}, results.Ledger{
			{Place: "stack_drop:Ip.InDiscards", Packets: 30},
		}},
		{"a socket receives", stacks{target: everything, delivered: true}, results.Ledger{
			{Place: "receiver_stack:Ip.InDiscards", Packets: 3},
			{Place: "receiver_stack:Udp.InCsumErrors", Packets: 7},
			{Place: "receiver_socket", Packets: 6},
		}},
		{"the target sends as well", stacks{source: everything, target: everything, passed: true, delivered: true, shared: true}, results.Ledger{
			{Place: "stack_drop:Ip.InDiscards", Packets: 30},
			{Place: "receiver_stack:Udp.InCsumErrors", Packets: 7},
			{Place: "receiver_socket", Packets: 6},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got results.Ledger
			tc.stacks.before(&got, 10)
			tc.stacks.after(&got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
		})
	}
}
