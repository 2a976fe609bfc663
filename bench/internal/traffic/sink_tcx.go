package traffic

import (
	"errors"
	"fmt"
	"io"

	"github.com/cilium/ebpf"

	"tunbench/bench/internal/host"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -output-stem sink_tcx -no-global-types -type cpu_counts -type latencies -type flow_counts sinkTCX sink_tcx.bpf.c -- -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// tcxHook runs a sink at the ingress hook of a device.
type tcxHook struct{}

func (tcxHook) spec() (*ebpf.CollectionSpec, error) { return loadSinkTCX() }

// prepare looks first whether there is such a hook: the verifier of a kernel without it
// refuses the program, and does not say why.
func (tcxHook) prepare(*ebpf.CollectionSpec, int) error { return haveTCX() }

func (tcxHook) attach(p *ebpf.Program, ifIndex int) (io.Closer, error) { return attachTCX(p, ifIndex) }

func (tcxHook) explain(err error) error { return explainTCX(err) }

// newIngressSink attaches the sink's program by tcx, or by clsact where the kernel has no
// TCX. It counts the same by either.
func newIngressSink(cfg SinkConfig, tcx, clsact hook) (*sink, error) {
	s, noTCX := newSink(cfg, tcx)
	if noTCX == nil || !isTCXMissing(noTCX) {
		return s, noTCX
	}
	s, err := newSink(cfg, clsact)
	if err != nil && host.Cannot(err) {
		return nil, &host.UnsupportedError{
			Feature: "a sink in the kernel",
			Remedy:  "needs Linux 6.6 with CONFIG_NET_XGRESS, or 5.10 with CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF",
			Err:     fmt.Errorf("%w; nor by clsact: %w", noTCX, err),
		}
	}
	return s, err
}

// isTCXMissing says that the kernel has eBPF, but not TCX.
func isTCXMissing(err error) bool { return errors.Is(err, ebpf.ErrNotSupported) }
