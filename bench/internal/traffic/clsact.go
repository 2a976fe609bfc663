package traffic

import (
	"io"

	"github.com/cilium/ebpf"

	"tunbench/bench/internal/testbed"
)

// forClsact makes a program for TCX one for clsact: of the same type, with the same answers, but
// older kernels do not know where it says that it will be attached.
func forClsact(p *ebpf.ProgramSpec) { p.AttachType = ebpf.AttachNone }

// attachClsact does what attachTCX does, by tc.
func attachClsact(p *ebpf.Program, ifIndex int) (io.Closer, error) {
	in, err := testbed.AttachIngress(ifIndex, p.FD(), "tunbench")
	if err != nil {
		return nil, err // and no Closer that holds a nil pointer
	}
	return in, nil
}
