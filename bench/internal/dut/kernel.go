package dut

import (
	"context"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/results"
)

// kernel is a reference that the scene itself brings about: the kernel's router or
// bridge between two veth pairs, or a veth pair with nothing between.
type kernel struct {
	topology testbed.Topology
}

func (k kernel) Scene(s scenario.Scenario) testbed.Config {
	return testbed.Config{Topology: k.topology, VXLAN: s.Topo == scenario.VXLAN, Guest: s.Topo == scenario.VM}
}

func (k kernel) Start(context.Context, *testbed.Testbed, scenario.Scenario, []int) (Running, error) {
	return inKernel{}, nil
}

// inKernel is a reference at work: no process, nothing to ask, nothing to stop.
type inKernel struct{}

func (inKernel) Processes() []int                    { return nil }
func (inKernel) Info() *results.DUT                  { return nil }
func (inKernel) Counters() (*forwarder.Stats, error) { return nil, nil }
func (inKernel) Ended() <-chan struct{}              { return nil }
func (inKernel) Err() error                          { return nil }
func (inKernel) Stop() error                         { return nil }
