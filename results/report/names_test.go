package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
)

func TestCompareNames(t *testing.T) {
	tests := []struct {
		name                  string
		scenarios             []string
		everywhere, elsewhere string
		loads, duts           []string
	}{
		{
			"devices under test",
			[]string{"dut=forwarder/ip=4/queues=1/size=64", "dut=veth/ip=4/size=64"},
			"size=64 ip=4", "queues=1",
			[]string{"", ""},
			[]string{"forwarder", "veth"},
		},
		{
			"a setting of one device under test",
			[]string{"dut=forwarder/queues=1", "dut=forwarder/queues=2", "dut=veth"},
			"", "",
			[]string{"", "", ""},
			[]string{"forwarder queues=1", "forwarder queues=2", "veth"},
		},
		{
			"loads",
			[]string{"dut=veth/load=max/proto=udp/size=64", "dut=veth/load=max/proto=tcp"},
			"load=max dut=veth", "size=64",
			[]string{"proto=udp", "proto=tcp"},
			[]string{"", ""},
		},
		{
			"one device under test",
			[]string{"dut=forwarder/queues=1", "dut=forwarder/queues=2"},
			"dut=forwarder", "",
			[]string{"queues=1", "queues=2"},
			[]string{"", ""},
		},
		{"no pairs at all", []string{"this", "that"}, "", "that this", []string{"", ""}, []string{"", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var all [][]results.Setting
			for _, s := range test.scenarios {
				all = append(all, results.SettingsOf(s))
			}
			n := compareNames(all)
			var loads, duts []string
			for _, pairs := range all {
				loads, duts = append(loads, n.load(pairs)), append(duts, n.dut(pairs))
			}
			got := []any{joinPairs(n.everywhere), joinPairs(n.elsewhere), loads, duts}
			if diff := cmp.Diff([]any{test.everywhere, test.elsewhere, test.loads, test.duts}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
