package kernel

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/sink"
)

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -output-stem xdp -no-global-types sinkXDP xdp.bpf.c -- -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// vethLinearMTU is the largest MTU whose packets veth hands over in one piece
// of a page, beside its headroom and skb_shared_info (veth_xdp_set in
// drivers/net/veth.c).
const vethLinearMTU = 3400

// NewXDP starts a sink in the driver of cfg.IfIndex, a TAP or veth device, before there is
// a socket buffer. The error is a [host.UnsupportedError] where the kernel, the device or
// the user cannot.
func NewXDP(cfg sink.Config) (*Sink, error) { return open(cfg, xdpHook{}) }

// xdpHook runs a sink in the driver of a device.
type xdpHook struct{}

func (xdpHook) spec() (*ebpf.CollectionSpec, error) { return loadSinkXDP() }

// prepare tells the program which packets are superpackets, and takes packets in
// pieces only where they do not come whole: that makes a veth keep superpackets.
func (xdpHook) prepare(spec *ebpf.CollectionSpec, ifIndex int) error {
	if err := bpf.NeedHelper(ebpf.XDP, asm.FnXdpLoadBytes, "bpf_xdp_load_bytes", "needs Linux 5.18; use the TCX sink"); err != nil {
		return err
	}
	device, err := net.InterfaceByIndex(ifIndex)
	if err != nil {
		return fmt.Errorf("find device: %w", err)
	}
	if device.MTU > vethLinearMTU {
		spec.Programs[sinkXDPProgSink].Flags |= unix.BPF_F_XDP_HAS_FRAGS
	}
	return spec.Variables[sinkXDPVarMaxLen].Set(uint32(device.MTU))
}

// attach takes the driver's own hook or none: a generic one is later and dearer
// than TCX.
func (xdpHook) attach(p *ebpf.Program, ifIndex int) (io.Closer, error) {
	l, err := link.AttachXDP(link.XDPOptions{Interface: ifIndex, Program: p, Flags: link.XDPDriverMode})
	if err != nil {
		return nil, err // and no Closer that holds a nil pointer
	}
	return l, nil
}

func (xdpHook) explain(err error) error {
	if errors.Is(err, unix.ERANGE) {
		return &host.UnsupportedError{Feature: "native XDP with this MTU", Remedy: "use a smaller MTU or the TCX sink", Err: err}
	}
	return bpf.Explain(err, "native XDP on this device", "TAP and veth have it; use the TCX sink elsewhere")
}
