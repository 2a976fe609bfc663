package traffic

import (
	"fmt"

	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/sink/kernel"
	"tunbench/bench/internal/traffic/socket"
)

// SinkKind names a way to receive.
type SinkKind string

// The kinds of sinks.
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
	// The network stack's drops on the way are not its own: see sink.Counts.Overflow.
	SinkSocket SinkKind = "socket"
)

// NewSink starts to receive; an empty kind is SinkTCX. The error is a
// [host.UnsupportedError] when the kernel or the device cannot do it or the user may not;
// every device takes SinkTCX.
func NewSink(kind SinkKind, cfg sink.Config) (sink.Sink, error) {
	var s sink.Sink
	var err error
	switch kind {
	case SinkTCX, "":
		s, err = kernel.NewIngress(cfg)
	case SinkXDP:
		s, err = kernel.NewXDP(cfg)
	case SinkSocket:
		s, err = socket.NewSink(cfg)
	default:
		return nil, fmt.Errorf("sink Kind %q: want %s, %s or %s", kind, SinkTCX, SinkXDP, SinkSocket)
	}
	if err != nil {
		return nil, err // and no Sink that holds a nil pointer
	}
	return s, nil
}
