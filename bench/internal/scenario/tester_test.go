package scenario

import (
	"strings"
	"testing"
)

// TestTester: what the tester has to do for a rival it does for the forwarder on the same devices; what only the device under test knows of
// makes no difference to it.
func TestTester(t *testing.T) {
	for _, test := range []struct{ one, other string }{
		{"engine=sync gro=off spin=0s load=1000", "engine=uring gso=split"},
		{"queues=2 steer=cpu", "queues=2 steer=kernel"},
		{"dut=wireguard-go size=1400 load=max", "dut=forwarder size=1400 load=1000"},
		{"dut=netpoll ip=6", "dut=forwarder vnet=off ip=6"},
		{"dut=route size=128", "dut=veth size=128"},
		{"dut=netpoll topo=bridge", "dut=forwarder topo=bridge vnet=off"},
		{"topo=vm guestqueues=2 dut=forwarder", "topo=bridge dut=forwarder"},
		{"topo=vm dut=bridge", "topo=bridge dut=bridge"},
		{"dut=route topo=vxlan", "dut=veth topo=vxlan"},
	} {
		one, other := parseOne(t, test.one).Tester(), parseOne(t, test.other).Tester()
		if one != other {
			t.Errorf("%q needs\n%s\n%q needs\n%s", test.one, one, test.other, other)
		}
		if again := parseOne(t, one).Tester(); again != one {
			t.Errorf("%s reads back as %s", one, again)
		}
	}
}

func TestStandIn(t *testing.T) {
	if s := parseOne(t, "dut=veth size=128"); s.StandIn() != s {
		t.Errorf("%s stands in for %s", s.StandIn().Name(), s.Name())
	}
	for rival, want := range map[string]string{
		"dut=wireguard-go txqlen=500": "dut=forwarder txqlen=500",
		"dut=netpoll mtu=9000":        "dut=forwarder vnet=off mtu=9000",
	} {
		if got := parseOne(t, rival).StandIn(); got != parseOne(t, want) {
			t.Errorf("for %s: %s", rival, got.Name())
		}
	}
}

func parseOne(t *testing.T, words string) Scenario {
	t.Helper()
	scenarios, err := Parse(strings.Fields(strings.ReplaceAll(words, "/", " ")))
	if err != nil || len(scenarios) != 1 {
		t.Fatalf("parse %q: %d scenarios, %v", words, len(scenarios), err)
	}
	return scenarios[0]
}
