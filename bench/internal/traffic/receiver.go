package traffic

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// MaxFlows is the highest number of flows of an [XDP] generator or a receiver. Each is
// 1 KiB of kernel memory of a sink.
const MaxFlows = 32768

// Receiver counts what generators send to one port, and is where it ends: nothing
// that came to the port goes further. Sequence numbers are judged over its whole
// life: one Receiver takes one generator. Its methods are safe for concurrent use;
// after Close their error is os.ErrClosed.
type Receiver interface {
	// Begin separates the loads: a packet that was meant to be sent before this moment,
	// by its stamp, is from now on CPUCounts.Earlier and nothing else, whenever it
	// comes. It is called while the generator does not run.
	Begin() error
	// Read returns all counts since the start. Flows and CPUs are read one after the
	// other: the sums agree once traffic has stopped.
	Read() (SinkCounts, error)
	// Received returns the segments received since the start, CPUCounts.Segments of
	// all CPUs. It costs microseconds however many flows there are, for polling.
	Received() (uint64, error)
	// Cost returns what receiving has cost since the start, as far as it was measured.
	Cost() (Cost, error)
	// Close ends the reception and frees what it held. It is idempotent.
	Close() error
}

// SinkKind names a way to receive.
type SinkKind string

// The kinds of a [Receiver].
const (
	// SinkTCX is an eBPF program at the ingress hook of any device, before the network
	// stack. It sees superpackets whole and accounts for each segment of them. A kernel
	// without TCX has it attached by tc (clsact): at the same place, and as exact.
	SinkTCX SinkKind = "tcx"
	// SinkXDP is an eBPF program in the driver of a TAP or veth device, before there is
	// a socket buffer: the cheapest. XDP does not know superpackets: those that the
	// device receives, which are longer than its MTU, are foreign. A veth with an MTU
	// over about 3500 gets some as soon as its sender makes some.
	SinkXDP SinkKind = "xdp"
	// SinkSocket is a UDP socket and a thread that reads it: what an application sees.
	// The network stack's drops on the way are not its own: see SinkCounts.Overflow.
	SinkSocket SinkKind = "socket"
)

// SinkConfig says where and how a [Receiver] listens.
type SinkConfig struct {
	Kind     SinkKind // empty: SinkTCX
	Enter    Enter    // the namespace of the device
	IfIndex  int      // the receiving device; not for SinkSocket
	Ethernet bool     // the device carries Ethernet frames (TAP, veth), not IP (TUN)
	Port     uint16
	Flows    int // flow numbers from 0 to Flows-1 are ours; 1 to MaxFlows

	// Verify checks all that a generator fills in, not only the stamp: the whole
	// payload and, but for a socket, whose kernel does that, the checksums of IPv4 and
	// UDP.
	Verify bool

	Addr netip.Addr // SinkSocket: the local address
	CPU  int        // SinkSocket: its thread runs there only; -1: anywhere
}

func (c *SinkConfig) check() error {
	switch {
	case c.Kind == SinkSocket && !c.Addr.IsValid():
		return errors.New("sink Addr: want an address to listen on")
	case c.Kind != SinkSocket && c.IfIndex < 1:
		return fmt.Errorf("sink IfIndex %d: want a device", c.IfIndex)
	case c.Port == 0:
		return errors.New("sink Port 0: want 1 to 65535")
	case c.Flows < 1 || c.Flows > MaxFlows:
		return fmt.Errorf("sink Flows %d: want 1 to %d", c.Flows, MaxFlows)
	}
	return nil
}

// NewReceiver starts to receive. The error is a [host.UnsupportedError] when the kernel
// or the device cannot do it or the user may not; every device takes SinkTCX.
func NewReceiver(cfg SinkConfig) (Receiver, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	var r Receiver
	var err error
	switch cfg.Kind {
	case SinkTCX, "":
		r, err = newIngressSink(cfg, tcxHook{}, clsactHook{})
	case sinkClsact:
		r, err = newSink(cfg, clsactHook{})
	case SinkXDP:
		r, err = newSink(cfg, xdpHook{})
	case SinkSocket:
		r, err = newSocketSink(cfg)
	default:
		return nil, fmt.Errorf("sink Kind %q: want %s, %s or %s", cfg.Kind, SinkTCX, SinkXDP, SinkSocket)
	}
	if err != nil {
		return nil, err // and no Receiver that holds a nil pointer
	}
	return r, nil
}

// Cost is what a [Receiver] spent.
type Cost struct {
	Runs uint64        // of the program, one for each packet of the device; of a socket: system calls
	Time time.Duration // in the program, see EnableCost; of a socket: CPU time of its thread
}

// Sub returns what came after prev, an earlier reading of the same receiver.
func (c Cost) Sub(prev Cost) Cost {
	return Cost{Runs: c.Runs - prev.Runs, Time: c.Time - prev.Time}
}
