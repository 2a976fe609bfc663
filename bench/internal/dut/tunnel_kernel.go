package dut

import (
	"context"
	"fmt"
	"time"

	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
)

// kernelTunnel is a tunnel of the kernel's own: the scene itself brings it about.
type kernelTunnel struct{ driver testbed.Driver }

func (k kernelTunnel) Scene(s scenario.Scenario) testbed.Config {
	return testbed.Config{Topology: testbed.Tunnel, Link: linkOf(s), Driver: k.driver}
}

// Start returns when packets pass each way: WireGuard agrees upon keys before.
func (k kernelTunnel) Start(ctx context.Context, scene *testbed.Testbed, _ scenario.Scenario, _ []int) (Running, error) {
	var p probes
	defer p.close()
	for begun := time.Now(); ; time.Sleep(readyPause) {
		missing, err := p.missing(scene)
		switch {
		case err != nil:
			return nil, err
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case missing == "":
			return inKernel{}, scene.Settle(ctx)
		case time.Since(begun) > tunnel.ReadyWithin:
			return nil, fmt.Errorf("%s is not ready after %v: %s", k.driver, tunnel.ReadyWithin, missing)
		}
	}
}
