package scenario

import "slices"

// dutKeys are the settings of which the tester knows nothing: they change what the device under test does with a packet, not how it gets there.
var dutKeys = []string{"dut", "batch", "spin", "load", "duration", "warmup"}

// Tester is what a scenario asks of the tester, the same for every device under test that the same load reaches in the same way: a part of
// the scenario's name, which [Parse] understands. Kernel references all count as dut=veth.
func (s Scenario) Tester() string {
	if s.DUT == Forwarder {
		return s.nameOf(func(key string) bool { return !slices.Contains(dutKeys, key) })
	}
	s.DUT = Veth
	return s.nameOf(func(key string) bool { return key == "dut" || !slices.Contains(dutKeys, key) })
}
