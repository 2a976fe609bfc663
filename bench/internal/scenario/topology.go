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
	// Bridged is two hosts, each on a bridge with a TAP device, and the device under test between the two TAP devices.
	Bridged Topo = "bridge"
	// VXLAN is Direct with a VXLAN device at each host, which the load goes through: the device under test carries it encapsulated.
	VXLAN Topo = "vxlan"
	// VM is Bridged with a virtual machine in place of the far host: the guest's NIC is a TAP device on the far bridge.
	VM Topo = "vm"
)

// hasBridge says whether hosts reach the device under test by bridges.
func (t Topo) hasBridge() bool { return t == Bridged || t == VM }

// topologies lists those in which a device under test can be measured; the first is the default.
func topologies(s *Scenario) []Topo {
	if s.DUT == Bridge {
		return []Topo{Bridged, VM}
	}
	var all []Topo
	if tunnelOf(s.DUT) == nil || s.IsRival() || s.program() != nil {
		all = append(all, Direct)
		if s.takesTAP() {
			all = append(all, Bridged, VM)
		}
		all = append(all, VXLAN)
	}
	if tunnelOf(s.DUT) != nil {
		all = append(all, Tunnel)
	}
	return all
}

// takesTAP says whether the device under test is a program that can be between TAP devices.
func (s *Scenario) takesTAP() bool {
	if p := s.program(); p != nil {
		return slices.Contains(p.Devs, TAP)
	}
	return s.DUT == Forwarder || s.DUT == Netpoll
}

// vxlanOverhead is by how many bytes VXLAN makes a packet longer: IPv4, UDP, VXLAN and inner Ethernet header (RFC 7348, section 5).
const vxlanOverhead = ipv4HeaderLen + udpHeaderLen + 8 + 14

// overhead is by how many bytes an IP packet on the devices is longer than one of the load.
func (s *Scenario) overhead() int {
	if s.Topo == VXLAN {
		return vxlanOverhead
	}
	return 0
}

// InnerMTU is the length of the longest IP packet that the load can have, in bytes: below the MTU of the devices where they carry it encapsulated.
func (s Scenario) InnerMTU() int { return s.MTU - s.overhead() }

// CarriesEthernet reports whether what the hosts send are Ethernet frames, whatever carries them: TAP devices and VXLAN do.
func (s Scenario) CarriesEthernet() bool { return s.Device() == TAP || s.Topo == VXLAN }

// topoKey is the key of the topology. Names before it had none, and meant topo=direct.
func topoKey() key {
	return word("topo", "what surrounds the device under test: nothing, a physical link, bridges, VXLAN, or bridges and a guest", Direct,
		func(s *Scenario) *Topo { return &s.Topo }, Direct, Tunnel, Bridged, VXLAN, VM).
		optional(string(Direct)).defaulting(defaultTopo).with(checkTopo)
}

func defaultTopo(s *Scenario) string { return string(topologies(s)[0]) }

func checkTopo(s *Scenario) *breach {
	possible := topologies(s)
	if slices.Contains(possible, s.Topo) {
		return checkVM(s)
	}
	words := make([]string, len(possible))
	for i, topo := range possible {
		words[i] = string(topo)
	}
	reason := "dut=" + string(s.DUT) + " cannot be measured in it"
	switch {
	case s.Topo.hasBridge() && s.HasProcess():
		reason = "a bridge takes Ethernet frames, which the TUN devices of dut=" + string(s.DUT) + " do not carry"
	case s.Topo.hasBridge():
		reason += "; what it is compared with there is dut=bridge, the bridge alone"
	case s.DUT == Bridge:
		reason = "dut=bridge is the bridge alone, without a program"
	}
	return &breach{reason, strings.Join(words, ", ") + ", or another dut"}
}
