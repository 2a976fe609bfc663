package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results/internal/fixture"
	"tunbench/results/report/layout"
)

// TestTitles: what differs is said, not what comes first by name.
func TestTitles(t *testing.T) {
	const rest = "/dev=tun/dir=uni/duration=1s"
	for _, tc := range []struct {
		scenarios []string
		want      map[string]string
	}{
		{[]string{"batch=1024/dut=forwarder/load=max/proto=udp/size=64"}, map[string]string{
			"batch=1024/dut=forwarder/load=max/proto=udp/size=64": "forwarder proto=udp size=64 load=max",
		}},
		{[]string{"dut=forwarder/queues=1/size=64" + rest, "dut=forwarder/queues=2/size=64" + rest, "dut=forwarder/queues=1/size=64" + rest}, map[string]string{
			"dut=forwarder/queues=1/size=64" + rest: "queues=1", "dut=forwarder/queues=2/size=64" + rest: "queues=2",
		}},
		{[]string{"dut=forwarder/size=64" + rest, "dut=veth/size=1400" + rest}, map[string]string{
			"dut=forwarder/size=64" + rest: "forwarder size=64", "dut=veth/size=1400" + rest: "veth size=1400",
		}},
		{nil, map[string]string{}},
	} {
		if diff := cmp.Diff(tc.want, Titles(tc.scenarios)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.scenarios, diff)
		}
	}
}

// TestLegendsSayOnlyWhatIsThere: every column is dropped by some width, and its explanation with it.
func TestLegendsSayOnlyWhatIsThere(t *testing.T) {
	all := fixture.File(fixture.Records(t)...)
	all.Comparisons = nil
	for width := 200; width > 30; width -= 5 {
		p := page{layout.NewPage(Options{Width: width})}
		p.calibrations(all.Calibrations)
		head, legend, _ := strings.Cut(p.String(), "──\n")
		for header, explanation := range map[string]string{"machine": "machine ns/pkt:", "sink": "sink ns/pkt:", "paused": "CPU paused:", "lateness": "lateness:"} {
			legend := strings.Join(strings.Fields(legend), " ")
			if !strings.Contains(head, header) && strings.Contains(legend, explanation) {
				t.Errorf("width %d explains %q, which is not shown:\n%s", width, explanation, p)
			}
		}
	}
}
