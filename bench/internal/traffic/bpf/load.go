package bpf

import (
	"errors"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

// Load loads what spec describes and assigns it to the fields of objects.
func Load(spec *ebpf.CollectionSpec, objects any) error {
	RaiseMemlock()
	return spec.LoadAndAssign(objects, nil)
}

// RaiseMemlock makes room for maps. Only kernels before 5.11 charge them to
// RLIMIT_MEMLOCK, and raising it takes CAP_SYS_RESOURCE: where that fails, loading
// shows whether it mattered.
func RaiseMemlock() { _ = rlimit.RemoveMemlock() }

// NeedHelper returns a host.UnsupportedError where the kernel has no such helper for programs
// of a type. Without being asked, the verifier refuses the program with an error that it has
// for our mistakes too.
func NeedHelper(of ebpf.ProgramType, helper asm.BuiltinFunc, feature, remedy string) error {
	RaiseMemlock()
	if err := features.HaveProgramHelper(of, helper); errors.Is(err, ebpf.ErrNotSupported) {
		return &host.UnsupportedError{Feature: feature, Remedy: remedy, Err: err}
	}
	return nil // what else may be wrong, loading will show
}

// Explain turns what the kernel answers when it lacks feature into a
// host.UnsupportedError and leaves other errors as they are.
func Explain(err error, feature, remedy string) error {
	switch {
	case errors.As(err, new(*host.UnsupportedError)):
		return err // it says more
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return &host.UnsupportedError{Feature: feature, Remedy: remedy, Err: err}
	case errors.Is(err, unix.EPERM):
		return &host.UnsupportedError{Feature: "loading eBPF", Remedy: "run as root or with CAP_BPF and CAP_NET_ADMIN", Err: err}
	}
	return err
}
