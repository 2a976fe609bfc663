package analysis

import (
	"slices"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestAgainst: each scenario with the settings is set against the others under its load, and no other; a ratio is that of a round.
func TestAgainst(t *testing.T) {
	const (
		plain  = "dut=forwarder/intake=off/load=max/proto=udp"
		fast   = "dut=forwarder/intake=auto/load=max/proto=udp"
		rival  = "dut=wireguard-go/load=max/proto=udp"
		router = "dut=route/load=max/proto=udp"
		paced  = "dut=wireguard-go/load=1000/proto=udp"
	)
	trials := slices.Concat(
		fixture.Forwarding(plain, 200, 220, 180), fixture.Forwarding(fast, 400, 440, 360), fixture.Forwarding(rival, 100, 110, 90),
		fixture.Forwarding(router, 400, 440, 360), fixture.Forwarding(paced, 1, 1, 1),
		[]results.Trial{fixture.ArmTrial(0, results.ArmA, 7), fixture.ArmTrial(0, results.ArmB, 7)},
	)
	pairs, err := Against(trials, []results.Setting{{Key: "dut", Value: "forwarder"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		b, a  string
		ratio float64
	}{{plain, rival, 2}, {plain, router, 0.5}, {fast, rival, 4}, {fast, router, 1}}
	if len(pairs) != len(want) {
		t.Fatalf("%d pairs, want %d: %+v", len(pairs), len(want), pairs)
	}
	for i, w := range want {
		c := pairs[i].Comparison(results.MetricForwarded)
		switch {
		case pairs[i].B != w.b || pairs[i].A != w.a:
			t.Errorf("pair %d is %s to %s, want %s to %s", i, pairs[i].B, pairs[i].A, w.b, w.a)
		case c == nil:
			t.Errorf("%s to %s has no ratio", w.b, w.a)
		case c.Ratio < w.ratio*0.999 || c.Ratio > w.ratio*1.001 || c.Rounds != 3:
			t.Errorf("%s to %s: %g over %d rounds, want %g over 3", w.b, w.a, c.Ratio, c.Rounds, w.ratio)
		}
	}
	if pairs[0].Comparison(results.MetricDUTCost) != nil {
		t.Error("a ratio of what no trial has")
	}
	if pairs, err := Against(trials, []results.Setting{{Key: "dut", Value: "forwarder"}, {Key: "intake", Value: "off"}}); err != nil || len(pairs) != 2 {
		t.Errorf("with intake=off %d pairs, %v; want 2: its own fast path is not under the same load", len(pairs), err)
	}
}

// TestAgainstUnsaid: a name that leaves the generator out means one, and is not under the load of another.
func TestAgainstUnsaid(t *testing.T) {
	var trials []results.Trial
	for _, scenario := range []string{"dut=forwarder/proto=tcp", "dut=forwarder/gen=iperf3/proto=tcp", "dut=wireguard-go/gen=iperf3/proto=tcp", "dut=wireguard-go/proto=tcp"} {
		trials = append(trials, fixture.Forwarding(scenario, 200, 220, 180)...)
	}
	pairs, err := Against(trials, []results.Setting{{Key: "dut", Value: "forwarder"}})
	if err != nil || len(pairs) != 2 {
		t.Fatalf("%d pairs, %v", len(pairs), err)
	}
	if pairs, err := Against(trials, []results.Setting{{Key: "follow", Value: "auto"}}); err != nil || len(pairs) != 2 {
		t.Errorf("with follow=auto, which names leave out, %d pairs, %v", len(pairs), err)
	}
	for _, p := range pairs {
		if results.ValueOf(results.SettingsOf(p.A), "gen") != results.ValueOf(results.SettingsOf(p.B), "gen") {
			t.Errorf("%s is set against %s", p.B, p.A)
		}
	}
}
