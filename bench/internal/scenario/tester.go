package scenario

import "slices"

// dutKeys are the settings of which the tester knows nothing: they change what the device under test does with a packet, not how it gets there.
var dutKeys = []string{"dut", "batch", "spin", "engine", "gso", "gro", "steer", "intake", "load", "duration", "warmup", "ugso", "ugro", "cipher", "wgtun", "linkmtu", "linkrate", "linkdelay"}

// Tester is what a scenario asks of the tester, the same for every device under test that the same load reaches in the same way: a part of
// the scenario's name, which [Parse] understands. Kernel references all count as the one with nothing under test, rivals as the forwarder that stands in for them.
func (s Scenario) Tester() string {
	s = s.StandIn().onHost()
	if s.DUT == Forwarder {
		return s.nameOf(func(key string) bool { return !slices.Contains(dutKeys, key) })
	}
	s.DUT, s.Topo = s.reference(), s.around()
	return s.nameOf(func(key string) bool { return key == "dut" || !slices.Contains(dutKeys, key) })
}

// Bare returns the scenario with nothing under test: the kernel alone, in what surrounds the device under test otherwise.
func (s Scenario) Bare() (Scenario, error) {
	s = s.onHost()
	bare, err := Override([]Scenario{s}, []string{"dut=" + string(s.reference()), "topo=" + string(s.around())})
	if err != nil {
		return s, err
	}
	return bare[0], nil
}

// reference is what stands where the device under test is, where nothing is under test.
func (s Scenario) reference() DUT {
	if s.Topo.hasBridge() {
		return Bridge
	}
	return Veth
}

// around is the topology without the device under test: the physical link of a tunnel is a part of that.
func (s Scenario) around() Topo {
	if s.Topo == Tunnel {
		return Direct
	}
	return s.Topo
}

// StandIn returns the scenario whose load goes into devices that are opened like those of the rival or program,
// but by our forwarder. Any other scenario stands in for itself.
func (s Scenario) StandIn() Scenario {
	t := s.tunnel()
	if !s.IsRival() && !s.IsProgram() && (t == nil || t.kernel) {
		return s
	}
	words := []string{"dut=forwarder", "topo=" + string(s.around()), "dev=" + string(s.Device())}
	if s.DUT == Netpoll {
		words = append(words, "vnet=off")
	}
	forwarders, err := Override([]Scenario{s}, words)
	if err != nil {
		panic("scenario: stand-in for " + s.Name() + ": " + err.Error()) // it has no settings that the forwarder lacks
	}
	return forwarders[0]
}
