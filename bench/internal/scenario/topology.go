package scenario

import (
	"slices"
	"strings"
)

// Topo is the topology: what surrounds the device under test.
type Topo string

// The topologies.
const (
	// Direct is two hosts with the device under test between them, and nothing else.
	Direct Topo = "direct"
	// Tunnel is two hosts with a physical link between them, a TUN or TAP device in each, and one end of the device under test in each.
	Tunnel Topo = "tunnel"
)

// topologies lists those in which a device under test can be measured; the first is the default.
func topologies(s *Scenario) []Topo {
	var all []Topo
	if tunnelOf(s.DUT) == nil || s.IsRival() {
		all = append(all, Direct)
	}
	if tunnelOf(s.DUT) != nil {
		all = append(all, Tunnel)
	}
	return all
}

// topoKey is the key of the topology. Names before it had none, and meant topo=direct.
func topoKey() key {
	return word("topo", "what surrounds the device under test: nothing, or as a tunnel has it a physical link between its two ends", Direct,
		func(s *Scenario) *Topo { return &s.Topo }, Direct, Tunnel).
		optional(string(Direct)).defaulting(defaultTopo).with(checkTopo)
}

func defaultTopo(s *Scenario) string { return string(topologies(s)[0]) }

func checkTopo(s *Scenario) *breach {
	possible := topologies(s)
	if slices.Contains(possible, s.Topo) {
		return nil
	}
	words := make([]string, len(possible))
	for i, topo := range possible {
		words[i] = string(topo)
	}
	return &breach{"dut=" + string(s.DUT) + " cannot be measured in it", strings.Join(words, ", ") + ", or another dut"}
}
