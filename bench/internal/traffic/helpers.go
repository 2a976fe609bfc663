package traffic

import (
	"errors"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"

	"tunbench/bench/internal/host"
)

// needHelper returns a host.UnsupportedError where the kernel has no such helper for programs
// of a type. Without being asked, the verifier refuses the program with an error that it has
// for our mistakes too.
func needHelper(of ebpf.ProgramType, helper asm.BuiltinFunc, feature, remedy string) error {
	raiseMemlock()
	if err := features.HaveProgramHelper(of, helper); errors.Is(err, ebpf.ErrNotSupported) {
		return &host.UnsupportedError{Feature: feature, Remedy: remedy, Err: err}
	}
	return nil // what else may be wrong, loading will show
}
