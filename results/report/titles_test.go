package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/analysis"
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
		{
			"a generator that one name leaves unsaid",
			[]string{"dut=veth/proto=tcp", "dut=veth/gen=iperf3/proto=tcp", "dut=veth/gen=xdp/proto=udp"},
			"dut=veth", "",
			[]string{"proto=tcp gen=socket", "proto=tcp gen=iperf3", "proto=udp gen=xdp"},
			[]string{"", "", ""},
		},
		{
			"a worker that one name leaves to follow",
			[]string{"dut=forwarder/follow=off/load=pingpong", "dut=forwarder/load=pingpong"},
			"load=pingpong dut=forwarder", "",
			[]string{"follow=off", "follow=auto"},
			[]string{"", ""},
		},
		{"no pairs at all", []string{"this", "that"}, "", "that this", []string{"", ""}, []string{"", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all := settingsOf(test.scenarios)
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

// TestTunnelsStandTogether: an MTU that follows from the tunnel is the tunnel's, and their loads stand together; one that was asked for is a load's.
func TestTunnelsStandTogether(t *testing.T) {
	summaries := func(scenarios ...string) (all []analysis.Summary) {
		for _, name := range scenarios {
			all = append(all, analysis.Summary{Scenario: name})
		}
		return all
	}
	places, _ := Places(summaries("dut=plain/mtu=1472/size=64", "dut=vxlan/mtu=1450/size=64", "dut=plain/mtu=1472/size=1400", "dut=vxlan/mtu=1450/size=1400"))
	var got []string
	for _, p := range places {
		got = append(got, p.Load+": "+p.Label)
	}
	want := []string{"size=64: plain mtu=1472", "size=64: vxlan mtu=1450", "size=1400: plain mtu=1472", "size=1400: vxlan mtu=1450"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	places, _ = Places(summaries("dut=forwarder/mtu=1500", "dut=route/mtu=1500", "dut=forwarder/mtu=9000", "dut=route/mtu=9000"))
	if places[0].Load != "mtu=1500" || places[3].Load != "mtu=9000" || places[3].Label != "route" {
		t.Errorf("an MTU that was asked for: %+v", places)
	}
}

// TestTwoArmsStandTogether, each with what sets it off, though their loads differ; the scenarios of a gate have the same arms and stand apart.
func TestTwoArmsStandTogether(t *testing.T) {
	of := func(arm, scenario string) analysis.Summary { return analysis.Summary{Scenario: scenario, Arm: arm} }
	places, _ := Places([]analysis.Summary{of(results.ArmA, "gro=auto/size=64"), of(results.ArmControl, "gro=auto/size=64"), of(results.ArmB, "gro=off/size=64")})
	var got []string
	for _, p := range places {
		got = append(got, p.Load+"|"+p.Label)
	}
	if want := []string{"|A gro=auto", "|control gro=auto", "|B gro=off"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	places, _ = Places([]analysis.Summary{of(results.ArmA, "size=64"), of(results.ArmB, "size=64"), of(results.ArmA, "size=1400"), of(results.ArmB, "size=1400")})
	if places[0].Load != "size=64" || places[3].Load != "size=1400" || places[3].Label != "B" {
		t.Errorf("a gate: %+v", places)
	}
}
