package xdp

import (
	"fmt"
	"net"
	"time"

	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/wire"
)

// Config says what a [Generator] sends and from where.
type Config struct {
	Enter thread.Enter // the namespace in which the packets appear
	load.Profile
	CPU      int       // the run keeps this CPU busy; -1: any
	Redirect *Redirect // nil: the packets appear on lo and are routed by the IP stack

	// Grace is how long after its end a run with a rate may still send what is due; 0: a
	// hundredth of its time, 5 to 20 ms.
	Grace time.Duration

	clsact bool // for tests: as if the kernel had no TCX
}

// Redirect leads frames into a device of the namespace, past the IP stack.
type Redirect struct {
	IfIndex  int
	Src, Dst net.HardwareAddr // of every frame; empty for a device without Ethernet

	// Queued frames become packets first, which a program on lo (TCX, or clsact where the
	// kernel has no TCX) takes to the device through its queueing discipline and the choice
	// of its queue. Any device takes them.
	//
	// Others go straight into the device's ring, past all queueing. The device must take
	// XDP frames: a TAP device with a queue attached, or a veth device whose peer has
	// NAPI (GRO on). A TUN device does not. They go to one queue only: the number of the
	// CPU modulo the number of queues.
	Queued bool
}

// handed says that packets are taken to the device from lo.
func (c *Config) handed() bool { return c.Redirect != nil && c.Redirect.Queued }

// straight says that frames go into the device's ring.
func (c *Config) straight() bool { return c.Redirect != nil && !c.Redirect.Queued }

func (c *Config) check() error {
	if err := c.Profile.Check(wire.MaxFlows); err != nil {
		return err
	}
	r := c.Redirect
	switch {
	case r == nil:
		return nil
	case r.IfIndex < 1:
		return fmt.Errorf("generator redirect IfIndex %d: want a device", r.IfIndex)
	case r.Queued && len(r.Src) == 0 && len(r.Dst) == 0:
		return nil
	case len(r.Src) != wire.HardwareAddrLen || len(r.Dst) != wire.HardwareAddrLen:
		return fmt.Errorf("generator redirect addresses %q and %q: want Ethernet addresses", r.Src, r.Dst)
	}
	return nil
}
