package dut

import (
	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// DeviceScene is the scene of a program between two TUN or TAP devices, with what surrounds
// them in the scenario's topology.
func DeviceScene(s scenario.Scenario) testbed.Config {
	cfg := testbed.Config{Topology: testbed.Devices, Kind: kindOf(s), VXLAN: s.Topo == scenario.VXLAN, Guest: s.Topo == scenario.VM}
	if s.Topo == scenario.Bridged || s.Topo == scenario.VM {
		cfg.Topology = testbed.Bridges
	}
	return cfg
}

func kindOf(s scenario.Scenario) tun.Kind {
	if s.Device() == scenario.TAP {
		return tun.TAP
	}
	return tun.TUN
}

// endpoint is the device that a program is to open at an end.
func endpoint(e *testbed.End) forward.Endpoint {
	return forward.Endpoint{NetNS: e.Attach.Namespace.Path(), Device: e.Attach.Device}
}
