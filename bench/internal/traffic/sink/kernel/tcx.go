package kernel

import (
	"fmt"
	"io"

	"github.com/cilium/ebpf"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/sink"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -output-stem tcx -no-global-types -type cpu_counts -type latencies -type flow_counts sinkTCX tcx.bpf.c -- -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// tcxHook runs a sink at the ingress hook of a device.
type tcxHook struct{}

func (tcxHook) spec() (*ebpf.CollectionSpec, error) { return loadSinkTCX() }

// prepare looks first whether there is such a hook: the verifier of a kernel without it
// refuses the program, and does not say why.
func (tcxHook) prepare(*ebpf.CollectionSpec, int) error { return bpf.HaveTCX() }

func (tcxHook) attach(p *ebpf.Program, ifIndex int) (io.Closer, error) {
	return bpf.AttachTCX(p, ifIndex)
}

func (tcxHook) explain(err error) error {
	return bpf.Explain(err, "eBPF with TCX", "needs Linux 6.6 with CONFIG_BPF_SYSCALL and CONFIG_NET_XGRESS")
}

// NewTCX starts a sink at the ingress hook of cfg.IfIndex, before the network stack, by
// TCX. The error is a [host.UnsupportedError] where the kernel or the user cannot.
func NewTCX(cfg sink.Config) (*Sink, error) { return open(cfg, tcxHook{}) }

// NewIngress does what [NewTCX] does, by tc's clsact where the kernel has no TCX. The sink
// counts the same by either.
func NewIngress(cfg sink.Config) (*Sink, error) { return openIngress(cfg, tcxHook{}, clsactHook{}) }

func openIngress(cfg sink.Config, tcx, clsact hook) (*Sink, error) {
	s, noTCX := open(cfg, tcx)
	if noTCX == nil || !bpf.IsTCXMissing(noTCX) {
		return s, noTCX
	}
	s, err := open(cfg, clsact)
	if err != nil && host.Cannot(err) {
		return nil, &host.UnsupportedError{
			Feature: "a sink in the kernel",
			Remedy:  "needs Linux 6.6 with CONFIG_NET_XGRESS, or 5.10 with CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF",
			Err:     fmt.Errorf("%w; nor by clsact: %w", noTCX, err),
		}
	}
	return s, err
}
