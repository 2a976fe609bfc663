package traffic

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -output-stem sink_tcx -no-global-types -type cpu_counts -type latencies -type flow_counts sinkTCX sink_tcx.bpf.c -- -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// tcxHook runs a sink at the ingress hook of a device.
type tcxHook struct{}

func (tcxHook) spec() (*ebpf.CollectionSpec, error) { return loadSinkTCX() }

func (tcxHook) prepare(*ebpf.CollectionSpec, int) error { return nil }

func (tcxHook) attach(p *ebpf.Program, ifIndex int) (link.Link, error) {
	return link.AttachTCX(link.TCXOptions{Interface: ifIndex, Program: p, Attach: ebpf.AttachTCXIngress})
}

func (tcxHook) explain(err error) error {
	return explain(err, "eBPF with TCX", "needs Linux 6.6 with CONFIG_BPF_SYSCALL and CONFIG_NET_XGRESS")
}
