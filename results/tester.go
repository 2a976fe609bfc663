package results

// SenderKind says how packets were made.
type SenderKind string

// The generators.
const (
	SenderXDP      SenderKind = "xdp"      // in the kernel, by an XDP program run with live frames
	SenderSocket   SenderKind = "socket"   // by sendmmsg(2) on UDP sockets
	SenderIperf3   SenderKind = "iperf3"   // by the program iperf3, which counted what arrived, too
	SenderSockperf SenderKind = "sockperf" // by the program sockperf, which timed what came back, too
)

// Sender is the generator of a trial and how well it kept its own time.
type Sender struct {
	Kind       SenderKind    `json:"kind,omitempty"`
	Version    string        `json:"version,omitempty"`     // of a program of others
	LatenessNs *Distribution `json:"lateness_ns,omitempty"` // from the intended send time to the packet's departure
	Notes      []string      `json:"notes,omitempty"`       // what it had to do without
}

// SinkKind says where packets were counted.
type SinkKind string

// The sinks.
const (
	SinkTCX    SinkKind = "tcx"    // on TCX ingress of the receiving device, before its stack
	SinkXDP    SinkKind = "xdp"    // in the driver of the receiving device
	SinkSocket SinkKind = "socket" // behind the stack, in UDP sockets
)

// Sink is the receiver of a trial.
type Sink struct {
	Kind           SinkKind     `json:"kind,omitempty"`
	CPUs           []CPUPackets `json:"cpus,omitempty"`            // by CPU, those that received something
	EarlyPackets   *int64       `json:"early_packets,omitempty"`   // came before their intended time
	ClampedPackets *int64       `json:"clamped_packets,omitempty"` // took longer than the histogram can hold
	// What the kernel dropped at the socket, by the socket's own count; SinkSocket only.
	// Some kernels include packets with a wrong checksum. The ledger goes by the stack's counters.
	OverflowPackets *int64   `json:"overflow_packets,omitempty"`
	Notes           []string `json:"notes,omitempty"` // what it had to do without
}

// CPUPackets is how many packets one CPU received.
type CPUPackets struct {
	CPU     int   `json:"cpu"`
	Packets int64 `json:"packets"`
}

// DropReason is a number of packets that the kernel dropped, with its own word for why (enum skb_drop_reason, include/net/dropreason-core.h).
type DropReason struct {
	Reason    string `json:"reason"`
	Namespace string `json:"namespace"`
	Packets   int64  `json:"packets"`
}
