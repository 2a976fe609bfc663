package dut

import (
	"context"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
)

// rival is somebody else's way to forward, as a child process on devices with a
// single queue, which is all that they open.
type rival struct{ name string }

func (rival) Scene(s scenario.Scenario) testbed.Config { return DeviceScene(s) }

// Start gives the child the one CPU that the forwarder would have for one queue.
func (r rival) Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (Running, error) {
	options := forward.Options{A: endpoint(scene.A()), B: endpoint(scene.B()), Kind: kindOf(s)}
	running, err := startChildProgram(ctx, scene, childProgram{cpus: cpus[:min(1, len(cpus))], args: []string{"rival", r.name}}, options)
	if err != nil {
		return nil, err
	}
	return running, nil
}
