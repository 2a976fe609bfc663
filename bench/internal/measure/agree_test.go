package measure

import (
	"fmt"
	"strings"
	"testing"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/results"
)

// TestScenarioKnowsTheLimitsOfTraffic: what can be asked for can be made, and what
// cannot is wrong usage before anything is built.
func TestScenarioKnowsTheLimitsOfTraffic(t *testing.T) {
	mix := func(n int) string {
		var sizes []string
		for i := range n {
			sizes = append(sizes, fmt.Sprintf("%dx1", 64+i))
		}
		return "size=" + strings.Join(sizes, "+")
	}
	for _, tc := range []struct{ most, more string }{
		{fmt.Sprintf("flows=%d", wire.MaxFlows), fmt.Sprintf("flows=%d", wire.MaxFlows+1)},
		{fmt.Sprintf("gen=socket flows=%d", socket.MaxFlows), fmt.Sprintf("gen=socket flows=%d", socket.MaxFlows+1)},
		{fmt.Sprintf("segs=%d", socket.MaxSegments), fmt.Sprintf("segs=%d", socket.MaxSegments+1)},
		{fmt.Sprintf("size=%d", wire.MinSizeIPv4), fmt.Sprintf("size=%d", wire.MinSizeIPv4-1)},
		{fmt.Sprintf("ip=6 size=%d", wire.MinSizeIPv6), fmt.Sprintf("ip=6 size=%d", wire.MinSizeIPv6-1)},
		{mix(load.MaxShares), mix(load.MaxShares + 1)},
	} {
		if _, err := scenario.Parse(strings.Fields(tc.most)); err != nil {
			t.Errorf("%s: %v", tc.most, err)
		}
		if _, err := scenario.Parse(strings.Fields(tc.more)); err == nil {
			t.Errorf("%s: accepted", tc.more)
		}
	}
}

// TestLongestLiveFrame: the longest packet that a scenario lets the in-kernel generator
// make is one that this kernel has room for.
func TestLongestLiveFrame(t *testing.T) {
	requireRoot(t)
	trial := measured(t, "dut=veth gen=xdp size=3394 mtu=9000 load=1000 duration=100ms warmup=0s", nil)
	if l := trial.Ledger; l.Packets(results.PlaceSink) == 0 || l.Packets(results.PlaceSink)+l.Packets(results.PlaceNotOffered) != l.Packets(results.PlaceIntended) {
		t.Errorf("lost some: %v", l)
	}
	if _, err := scenario.Parse(strings.Fields("gen=xdp size=3395 mtu=9000")); err == nil {
		t.Error("a longer one is accepted")
	}
}
