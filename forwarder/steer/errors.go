package steer

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// UnsupportedError says that this host or user cannot steer, and what would help.
type UnsupportedError struct {
	Feature string // what is missing, as the kernel calls it
	Remedy  string // what to do about it, one clause
	Err     error  // what the kernel answered
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s is not available (%s): %v", e.Feature, e.Remedy, e.Err)
}

// Unwrap returns what the kernel answered.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// Explain turns what the kernel answers when it lacks a feature of eBPF, has no files or memory
// left for it, or does not let this user load programs, into an UnsupportedError and leaves
// other errors as they are. remedy is what would give the feature.
func Explain(err error, feature, remedy string) error {
	switch {
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return &UnsupportedError{Feature: feature, Remedy: remedy, Err: err}
	case errors.Is(err, unix.EPERM):
		return &UnsupportedError{Feature: "loading eBPF", Remedy: "run as root or with CAP_BPF and CAP_NET_ADMIN", Err: err}
	case errors.Is(err, unix.EACCES) && !saysVerifier(err):
		return &UnsupportedError{Feature: "loading eBPF", Remedy: "a security module or a filter of system calls forbids it: have it allow bpf(2)", Err: err}
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return &UnsupportedError{Feature: "one more file for an eBPF program", Remedy: "raise the limit of open files (ulimit -n)", Err: err}
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.E2BIG):
		return &UnsupportedError{Feature: "memory for an eBPF program", Remedy: "raise the limit of locked memory (ulimit -l), or free memory", Err: err}
	}
	return err
}

// saysVerifier tells what the verifier answers, which says why, from a refusal before it looked at the program.
func saysVerifier(err error) bool {
	var refused *ebpf.VerifierError
	return errors.As(err, &refused) && len(refused.Log) > 0
}

// explainAttach does the same for what the driver answers.
func explainAttach(err error) error {
	if errors.Is(err, unix.EINVAL) {
		return &UnsupportedError{Feature: "TUNSETSTEERINGEBPF", Remedy: "needs Linux 4.16", Err: err}
	}
	return explain(err)
}

// explain is Explain for what steering takes. A verifier that refuses the program is one that
// our tests do not know: the driver can choose queues without.
func explain(err error) error {
	err = Explain(err, "eBPF", "needs Linux 5.4 with CONFIG_BPF_SYSCALL")
	var refused *ebpf.VerifierError
	if errors.As(err, &refused) && !errors.As(err, new(*UnsupportedError)) {
		return &UnsupportedError{Feature: "the steering program", Remedy: "this kernel's verifier refuses it: report it with the kernel's version", Err: err}
	}
	return err
}
