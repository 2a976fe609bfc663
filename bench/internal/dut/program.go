package dut

import (
	"context"
	"fmt"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/results"
)

// startProgram starts a child with these arguments, on these CPUs only if there are
// any, lets it attach to the devices of the scene, and returns when it forwards.
func startProgram(ctx context.Context, scene *testbed.Testbed, cpus []int, o forward.Options, args ...string) (Running, error) {
	c, err := startChild(ctx, cpus, args...)
	if err != nil {
		return nil, err
	}
	if err := c.client.Start(o); err != nil {
		return nil, c.fail(err)
	}
	if err := scene.WaitCarrier(ctx); err != nil {
		return nil, c.fail(err)
	}
	return runningProgram{c}, nil
}

// runningProgram is the child at work.
type runningProgram struct{ *child }

func (r runningProgram) Info() *results.DUT {
	negotiated := r.client.Negotiated()
	d := negotiated.A
	return &results.DUT{
		OffloadAccepted: d.Offload,
		VnetHdrLen:      &d.VnetHdrLen,
		Queues:          &d.Queues,
		Notes:           negotiated.Notes,
	}
}

func (r runningProgram) Counters() (*forwarder.Stats, error) {
	stats, err := r.client.Stats()
	if err != nil {
		return nil, fmt.Errorf("read counters of the device under test: %w", err)
	}
	return &stats, nil
}
