package faulty

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// DropReason is the reason of Faults' drops in the forwarder's counters.
const DropReason = "fault"

// Kind is the forwarder with faults as a dut.Kind: between TUN or TAP devices, with
// one queue, without vnet header, in a thread of this process. From B to A it has no
// faults. It can be started again when it has stopped. All methods may be called from
// any goroutine.
//
// The thread spins while packets come, and so keeps a CPU and a processor of the Go
// scheduler busy. On a CPU of its own it lets delayed packets go within a few µs; where
// others want that CPU, or the Go scheduler takes its turn, some are ms late.
type Kind struct {
	faults   Faults
	armed    atomic.Bool
	patience time.Duration // how long a packet waits for the one it is to change places with

	mu      sync.Mutex
	current *running // the last one started; nil before
}

// New returns the forwarder that has these faults. Start refuses those that cannot be.
func New(f Faults) *Kind { return &Kind{faults: f, patience: swapPatience} }

// Arm lets packets count for faults that are read from now on, see Faults.AwaitArm.
// It holds until the next Start.
func (k *Kind) Arm() { k.armed.Store(true) }

// Counts returns what was done since the start, of the last run if there was more
// than one. It is exact when no packet is on the way.
func (k *Kind) Counts() Counts {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return Counts{}
	}
	return k.current.counts()
}

// Scene is that of a forwarder between devices.
func (k *Kind) Scene(s scenario.Scenario) testbed.Config {
	cfg := dut.DeviceScene(s)
	cfg.MultiQueue = true
	return cfg
}

func deviceKind(s scenario.Scenario) tun.Kind {
	if s.Device() == scenario.TAP {
		return tun.TAP
	}
	return tun.TUN
}

// Start attaches to the devices and forwards between them. The thread is pinned to
// the first of cpus.
func (k *Kind) Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (dut.Running, error) {
	if err := k.faults.check(); err != nil {
		return nil, err
	}
	k.armed.Store(!k.faults.AwaitArm)
	r, err := open(scene, deviceKind(s), k.faults, k.patience, &k.armed)
	if err != nil {
		return nil, err
	}
	go r.run(cpus)
	if err := scene.WaitCarrier(ctx); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = r
	return r, nil
}
