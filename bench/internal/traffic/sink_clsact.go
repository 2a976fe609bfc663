package traffic

import (
	"io"

	"github.com/cilium/ebpf"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -output-stem sink_clsact -no-global-types sinkClsact sink_tcx.bpf.c -- -DWITHOUT_BPF_LOOP -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// sinkClsact forces what SinkTCX is where the kernel has no TCX. Only tests ask for it.
const sinkClsact SinkKind = "clsact"

// clsactHook runs the sink as a filter of tc's clsact, at the same place as TCX: for
// kernels from 5.10 on.
type clsactHook struct{}

func (clsactHook) spec() (*ebpf.CollectionSpec, error) {
	spec, err := loadSinkClsact()
	if err != nil {
		return nil, err
	}
	forClsact(spec.Programs[sinkClsactProgSink])
	return spec, nil
}

func (clsactHook) prepare(*ebpf.CollectionSpec, int) error { return nil }

func (clsactHook) attach(p *ebpf.Program, ifIndex int) (io.Closer, error) {
	return attachClsact(p, ifIndex)
}

func (clsactHook) explain(err error) error {
	return explain(err, "eBPF at the ingress of devices", "needs Linux 5.10 with CONFIG_BPF_SYSCALL, CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF")
}
