package bpf

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// Loopback is the index of lo in every new namespace.
const Loopback = 1

// tcxNext is TCX_NEXT of linux/bpf.h, and TC_ACT_UNSPEC of linux/pkt_cls.h: go on to the
// next program.
const tcxNext = -1

// AttachTCX has a program run on all that a device receives.
func AttachTCX(p *ebpf.Program, ifIndex int) (io.Closer, error) {
	l, err := link.AttachTCX(link.TCXOptions{Interface: ifIndex, Program: p, Attach: ebpf.AttachTCXIngress})
	if err != nil {
		return nil, err // and no Closer that holds a nil pointer
	}
	return l, nil
}

// HaveTCX tries whether the kernel has TCX, at a device that cannot be: it disturbs none. It
// returns nil or what the kernel refused.
func HaveTCX() error {
	RaiseMemlock()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "have_tcx", Type: ebpf.SchedCLS, License: "Dual MIT/GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, tcxNext), asm.Return()},
	})
	if err != nil {
		return fmt.Errorf("try eBPF: %w", err)
	}
	defer p.Close()
	attachment, err := AttachTCX(p, math.MaxInt32)
	switch {
	case errors.Is(err, unix.ENODEV):
		return nil
	case err != nil:
		return fmt.Errorf("try TCX: %w", err)
	}
	return attachment.Close()
}

// IsTCXMissing says that an error of [HaveTCX] or of a program for TCX means that the
// kernel has eBPF, but not TCX.
func IsTCXMissing(err error) bool { return errors.Is(err, ebpf.ErrNotSupported) }
