package bpf

import (
	"io"

	"github.com/cilium/ebpf"

	"tunbench/bench/internal/testbed"
)

// ForClsact makes a program for TCX one for clsact: of the same type, with the same answers, but
// older kernels do not know where it says that it will be attached.
func ForClsact(p *ebpf.ProgramSpec) { p.AttachType = ebpf.AttachNone }

// AttachClsact does what AttachTCX does, by tc.
func AttachClsact(p *ebpf.Program, ifIndex int) (io.Closer, error) {
	in, err := testbed.AttachIngress(ifIndex, p.FD(), "tunbench")
	if err != nil {
		return nil, err // and no Closer that holds a nil pointer
	}
	return in, nil
}
