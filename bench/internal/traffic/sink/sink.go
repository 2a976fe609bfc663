// Package sink is what every sink answers, whatever receives: the interface, the counts,
// and the rules by which segments are judged. The rules are in Go here, for sockets, and
// in C in sink/kernel; both are tested against one model.
package sink

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/wire"
)

// Sink counts what generators send to one port, and is where it ends: nothing
// that came to the port goes further. Sequence numbers are judged over its whole
// life: one Sink takes one generator. Its methods are safe for concurrent use;
// after Close their error is os.ErrClosed.
type Sink interface {
	// Begin separates the loads: a packet that was meant to be sent before this moment,
	// by its stamp, is from now on CPUCounts.Earlier and nothing else, whenever it
	// comes. It is called while the generator does not run.
	Begin() error
	// BeginAt is Begin at a moment of another clock: that of a generator on another
	// machine, whose stamps then mean nothing as latencies. In ns.
	BeginAt(epoch int64) error
	// Read returns all counts since the start. Flows and CPUs are read one after the
	// other: the sums agree once traffic has stopped.
	Read() (Counts, error)
	// Received returns the segments received since the start, CPUCounts.Segments of
	// all CPUs. It costs microseconds however many flows there are, for polling.
	Received() (uint64, error)
	// Cost returns what receiving has cost since the start, as far as it was measured.
	Cost() (Cost, error)
	// Close ends the reception and frees what it held. It is idempotent.
	Close() error
}

// Config says what a [Sink] counts and where. The sinks in the kernel are at a device,
// those on a socket at an address.
type Config struct {
	Enter thread.Enter // the namespace
	Port  uint16       // UDP, the generator's destination
	Flows int          // flow numbers from 0 to Flows-1 are ours; 1 to wire.MaxFlows

	// Verify checks all that a generator fills in, not only the stamp: the whole
	// payload and, but for a socket, whose kernel does that, the checksums of IPv4 and
	// UDP.
	Verify bool

	IfIndex  int  // in the kernel: the receiving device
	Ethernet bool // in the kernel: the device carries Ethernet frames (TAP, veth), not IP (TUN)

	Addr netip.Addr // on a socket: the local address
	CPU  int        // on a socket: its thread runs there only; -1: anywhere
}

// Check reports what no sink can do.
func (c *Config) Check() error {
	switch {
	case c.Port == 0:
		return errors.New("sink Port 0: want 1 to 65535")
	case c.Flows < 1 || c.Flows > wire.MaxFlows:
		return fmt.Errorf("sink Flows %d: want 1 to %d", c.Flows, wire.MaxFlows)
	}
	return nil
}

// Cost is what a [Sink] spent.
type Cost struct {
	Runs uint64        // of the program, one for each packet of the device; of a socket: system calls
	Time time.Duration // in the program, see kernel.EnableCost; of a socket: CPU time of its thread
}

// Sub returns what came after prev, an earlier reading of the same sink.
func (c Cost) Sub(prev Cost) Cost {
	return Cost{Runs: c.Runs - prev.Runs, Time: c.Time - prev.Time}
}
