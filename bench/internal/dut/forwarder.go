package dut

import (
	"context"
	"fmt"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// ownForwarder is `tunbench forward` as a child process, attached to the
// devices that the scene holds ready.
type ownForwarder struct{}

func (ownForwarder) Scene(s scenario.Scenario) testbed.Config {
	return testbed.Config{Topology: testbed.Devices, Kind: kindOf(s), MultiQueue: true}
}

func kindOf(s scenario.Scenario) tun.Kind {
	if s.Dev == scenario.TAP {
		return tun.TAP
	}
	return tun.TUN
}

func (ownForwarder) Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (Running, error) {
	offload, err := tun.ParseOffload(string(s.Offload))
	if err != nil {
		return nil, err
	}
	c, err := startChild(ctx)
	if err != nil {
		return nil, err
	}
	negotiated, err := c.client.Start(forward.Options{
		A:       endpoint(scene.A()),
		B:       endpoint(scene.B()),
		Kind:    kindOf(s),
		Queues:  s.Queues,
		VnetHdr: s.VNet == scenario.On,
		Offload: offload,
		Attach:  true,
		Batch:   s.Batch,
		Spin:    s.Spin,
		CPUs:    cpus,
	})
	if err != nil {
		return nil, c.fail(err)
	}
	if err := scene.WaitCarrier(ctx); err != nil {
		return nil, c.fail(err)
	}
	return &runningForwarder{child: c, negotiated: negotiated}, nil
}

func endpoint(e *testbed.End) forward.Endpoint {
	return forward.Endpoint{NetNS: e.Namespace.Path(), Device: e.Device}
}

// runningForwarder is the child at work.
type runningForwarder struct {
	*child
	negotiated forward.Negotiated
}

func (r *runningForwarder) Info() *results.DUT {
	d := r.negotiated.A
	return &results.DUT{
		OffloadAccepted: d.Offload,
		VnetHdrLen:      &d.VnetHdrLen,
		Queues:          &d.Queues,
		Notes:           r.negotiated.Notes,
	}
}

func (r *runningForwarder) Counters() (*forwarder.Stats, error) {
	stats, err := r.client.Stats()
	if err != nil {
		return nil, fmt.Errorf("read forwarder's counters: %w", err)
	}
	return &stats, nil
}
