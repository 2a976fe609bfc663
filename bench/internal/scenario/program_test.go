package scenario

import (
	"strings"
	"testing"
)

// declare makes programs known until the test ends.
func declare(t *testing.T, programs ...Program) {
	t.Helper()
	if err := Declare(programs); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Declare(nil); err != nil {
			t.Error(err)
		}
	})
}

// TestPrograms: a scenario has the settings that its program understands, and no others.
func TestPrograms(t *testing.T) {
	declare(t, Program{Name: "both", Devs: []Dev{TUN, TAP}, Settings: []string{"vnet", "offload", "queues"}}, Program{Name: "simple", Devs: []Dev{TAP}})
	for words, want := range map[string]struct {
		has, lacks string
		device     Dev
		standIn    string
	}{
		"dut=both":                     {"dut=both/ dev=tun/ vnet=on/ offload=all/ queues=1/", "engine= gso= gro= steer= intake= batch= spin=", TUN, "dev=tun/ offload=all/"},
		"dut=both dev=tap vnet=off":    {"dev=tap/ vnet=off offload=none/", "engine=", TAP, "dev=tap/ vnet=off"},
		"dut=simple":                   {"dut=simple/ mtu=1500/", "dev= vnet= offload= queues=", TAP, "dev=tap/"},
		"dut=simple sink=xdp size=128": {"sink=xdp/", "dev=", TAP, "sink=xdp/"},
	} {
		scenarios, err := Parse(strings.Fields(words))
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		s := scenarios[0]
		name := s.Name() + "/"
		for part := range strings.FieldsSeq(want.has) {
			if !strings.Contains(name, part) {
				t.Errorf("%s: no %s in %s", words, part, name)
			}
		}
		for part := range strings.FieldsSeq(want.lacks) {
			if strings.Contains("/"+name, "/"+part) {
				t.Errorf("%s: %s in %s", words, part, name)
			}
		}
		if s.Device() != want.device || !s.IsProgram() || !s.HasProcess() || s.IsRival() {
			t.Errorf("%s: device %s, program %v, process %v", words, s.Device(), s.IsProgram(), s.HasProcess())
		}
		if again, err := Parse([]string{s.Name()}); err != nil || again[0] != s {
			t.Errorf("%s: %s is read as %v, %v", words, s.Name(), again, err)
		}
		for part := range strings.FieldsSeq(want.standIn) {
			if standIn := s.StandIn(); standIn.DUT != Forwarder || !strings.Contains(standIn.Name()+"/", part) {
				t.Errorf("%s: stand-in %s lacks %s", words, standIn.Name(), part)
			}
		}
	}
}

func TestWrongWordsForPrograms(t *testing.T) {
	declare(t, Program{Name: "simple", Devs: []Dev{TUN}})
	for words, want := range map[string]string{
		"dut=simple queues=2": "queues=2: dut=simple does not understand it: it is not among the settings of its program file",
		"dut=simple dev=tap":  "dev=tap: applies only to dut=forwarder, or a program or tunnel that takes both types",
		"dut=plane":           "dut=plane: not an allowed value; allowed: forwarder, wireguard-go, netpoll, route, veth, bridge, plain",
		"dut=simple sink=xdp": "a TUN device has no XDP in its driver",
		"dut=route queues=2":  "queues=2: applies only to dut=forwarder",
	} {
		if _, err := Parse(strings.Fields(words)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", words, err, want)
		}
	}
	for _, taken := range []string{"forwarder", "veth", "simple"} {
		if err := Declare([]Program{{Name: "simple"}, {Name: DUT(taken)}}); err == nil || !strings.Contains(err.Error(), "dut="+taken+": the name is taken") {
			t.Errorf("%s: %v", taken, err)
		}
	}
	if _, err := Parse([]string{"dut=simple"}); err != nil {
		t.Errorf("a failed Declare changed what was declared: %v", err)
	}
}
