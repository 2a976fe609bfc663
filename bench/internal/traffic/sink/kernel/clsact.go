package kernel

import (
	"io"

	"github.com/cilium/ebpf"

	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/sink"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -output-stem clsact -no-global-types sinkClsact tcx.bpf.c -- -DWITHOUT_BPF_LOOP -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// NewClsact starts what [NewTCX] starts, by tc's clsact: for kernels from 5.10 on.
func NewClsact(cfg sink.Config) (*Sink, error) { return open(cfg, clsactHook{}) }

// clsactHook runs the sink as a filter of tc's clsact, at the same place as TCX.
type clsactHook struct{}

func (clsactHook) spec() (*ebpf.CollectionSpec, error) {
	spec, err := loadSinkClsact()
	if err != nil {
		return nil, err
	}
	bpf.ForClsact(spec.Programs[sinkClsactProgSink])
	return spec, nil
}

func (clsactHook) prepare(*ebpf.CollectionSpec, int) error { return nil }

func (clsactHook) attach(p *ebpf.Program, ifIndex int) (io.Closer, error) {
	return bpf.AttachClsact(p, ifIndex)
}

func (clsactHook) explain(err error) error {
	return bpf.Explain(err, "eBPF at the ingress of devices", "needs Linux 5.10 with CONFIG_BPF_SYSCALL, CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF")
}
