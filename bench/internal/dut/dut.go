// Package dut has every device under test behind one interface, [Kind]: a scene
// is built for it, it is started there, counts if it can, and is stopped.
package dut

import (
	"context"
	"fmt"

	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/results"
)

// Kind is one kind of device under test: our forwarder, a rival, the kernel itself, or a program of others.
type Kind interface {
	// Scene returns the topology that it works in; the caller adds what the
	// scenario says of MTU, queue length and the like.
	Scene(s scenario.Scenario) testbed.Config

	// Start lets it forward between the ends of the scene, and returns when it
	// does. cpus are those its threads are pinned to in turn; none: not pinned.
	Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (Running, error)
}

// Running is a device under test while it forwards. All methods may be called from any goroutine.
type Running interface {
	// Processes returns the IDs of the processes that the device under test has now; none if it is the kernel itself.
	Processes() []int

	// Info returns what the device under test reports about itself, with its latest counters; nil if it reports nothing.
	Info() *results.DUT

	// Counters returns what the device under test counted since its start; nil if it cannot count.
	Counters() (*forwarder.Stats, error)

	// Ended is closed when the device under test ends by itself; Err then says why. It is nil if that is the kernel.
	Ended() <-chan struct{}
	Err() error

	// Stop ends the device under test and waits until it is gone. It may be called again.
	Stop() error
}

// For returns the kind of device under test that the scenario asks for. Only our forwarder and the given programs
// can have a variant.
func For(s scenario.Scenario, v Variant, programs []*program.File) (Kind, error) {
	for _, file := range programs {
		if file.Name != string(s.DUT) || file.Tunnel != (s.Topo == scenario.Tunnel) {
			continue
		}
		if file.Tunnel {
			return tunnelOfFile(file, v), nil
		}
		return external{file, v}, nil
	}
	if s.DUT != scenario.Forwarder && !v.IsZero() {
		return nil, fmt.Errorf("device under test %q: %v is for the forwarder only", s.DUT, v)
	}
	if s.Topo == scenario.Tunnel {
		return tunnelFor(s)
	}
	switch s.DUT {
	case scenario.Forwarder:
		return ownForwarder{v}, nil
	case scenario.WireGuardGo, scenario.Netpoll:
		return rival{string(s.DUT)}, nil
	case scenario.Route:
		return kernel{testbed.Route}, nil
	case scenario.Veth:
		return kernel{testbed.Veth}, nil
	case scenario.Bridge:
		return kernel{testbed.Bridge}, nil
	}
	return nil, fmt.Errorf("device under test %q: not known here", s.DUT)
}
