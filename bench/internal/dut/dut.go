// Package dut is what is under test, behind one interface: something that a
// scene is built for, that is started in it, counts if it can, and is stopped.
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

// Kind is one sort of device under test.
type Kind interface {
	// Scene returns the topology that it works in; the caller adds what the
	// scenario says of MTU, queue length and the like.
	Scene(s scenario.Scenario) testbed.Config

	// Start lets it forward between the ends of the scene, and returns when it
	// does. cpus are those its threads are pinned to in turn; none: not pinned.
	Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (Running, error)
}

// Running is a device under test at work. All methods may be called from any
// goroutine.
type Running interface {
	// Processes are the IDs of all its processes at this moment; none where the kernel itself is under test.
	Processes() []int

	// Info is what it said of itself, with the counters last; nil where it says nothing.
	Info() *results.DUT

	// Counters returns what it counted since the start, nil where it cannot count.
	Counters() (*forwarder.Stats, error)

	// Ended is closed when it ended by itself; Err then says why.
	Ended() <-chan struct{}
	Err() error

	// Stop ends it and waits until it is gone. It may be called again.
	Stop() error
}

// For returns the kind that the scenario asks for, which may be one of the programs. Only these and our forwarder have variants.
func For(s scenario.Scenario, v Variant, programs []*program.File) (Kind, error) {
	for _, file := range programs {
		if file.Name == string(s.DUT) {
			return external{file, v}, nil
		}
	}
	if s.DUT != scenario.Forwarder && !v.IsZero() {
		return nil, fmt.Errorf("device under test %q: %v is for the forwarder only", s.DUT, v)
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
	}
	return nil, fmt.Errorf("device under test %q: not known here", s.DUT)
}
