package dut

import (
	"context"
	"fmt"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/results"
)

// childProgram is what to start as a child.
type childProgram struct {
	binary string // path; "" is this same program
	args   []string
	cpus   []int // it may run on these only; none: on any
}

// startChildProgram starts a child, lets it attach to the devices of the scene, and returns
// when it forwards.
func startChildProgram(ctx context.Context, scene *testbed.Testbed, p childProgram, o forward.Options) (*runningChild, error) {
	c, err := startChild(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := c.client.Start(o); err != nil {
		return nil, c.fail(err)
	}
	if err := scene.WaitCarrier(ctx); err != nil {
		return nil, c.fail(err)
	}
	return &runningChild{child: c}, nil
}

// runningChild is the child at work.
type runningChild struct {
	*child
	variant Variant
}

func (r *runningChild) Info() *results.DUT {
	negotiated := r.client.Negotiated()
	var skips []string
	if negotiated.Intake {
		skips = forward.Skipped()
	}
	d := negotiated.A
	return &results.DUT{
		Program:         r.variant.String(),
		OffloadAccepted: d.Offload,
		VnetHdrLen:      &d.VnetHdrLen,
		Queues:          &d.Queues,
		Notes:           negotiated.Notes,
		Skips:           skips,
	}
}

func (r *runningChild) Counters() (*forwarder.Stats, error) {
	stats, err := r.client.Stats()
	if err != nil {
		return nil, fmt.Errorf("read counters of the device under test: %w", err)
	}
	return &stats, nil
}
