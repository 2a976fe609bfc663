package dut

import (
	"context"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// ownForwarder is `tunbench forward` as a child process, attached to the
// devices that the scene holds ready.
type ownForwarder struct{ variant Variant }

func (ownForwarder) Scene(s scenario.Scenario) testbed.Config {
	cfg := DeviceScene(s)
	cfg.MultiQueue = true
	return cfg
}

func (f ownForwarder) Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (Running, error) {
	offload, err := tun.ParseOffload(string(s.Offload))
	if err != nil {
		return nil, err
	}
	running, err := startChildProgram(ctx, scene, childProgram{binary: f.variant.Binary.Path, args: []string{"forward", "--control"}}, forward.Options{
		A:       endpoint(scene.A()),
		B:       endpoint(scene.B()),
		Kind:    kindOf(s),
		Queues:  s.Queues,
		VnetHdr: s.VNet == scenario.On,
		Offload: offload,
		Attach:  true,
		Batch:   s.Batch,
		Spin:    s.Spin,
		Engine:  s.Engine,
		GSO:     s.GSO,
		GRO:     s.GRO,
		Steer:   steer.Policy(s.Steer),
		Intake:  s.Intake,
		CPUs:    cpus,
		Follow:  s.Follow,

		Handicap: f.variant.Handicap,
	})
	if err != nil {
		return nil, err
	}
	running.variant = f.variant
	return running, nil
}
