package host

import (
	"errors"

	"golang.org/x/sys/unix"
)

func tcx(probe func() error) Check {
	const (
		name    = "BPF and TCX"
		meaning = "the sink cannot count in the kernel"
	)
	if probe == nil {
		return unknown(name, "not probed")
	}
	switch err := probe(); {
	case err == nil:
		return ok(name, "a program loads and attaches")
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return missing(name, err.Error(), meaning, "run as root with CAP_BPF and CAP_NET_ADMIN")
	default:
		return missing(name, err.Error(), meaning, "use a kernel with CONFIG_BPF_SYSCALL and TCX links (CONFIG_NET_XGRESS)")
	}
}

func (m machine) bpfJIT() Check {
	const (
		name   = "BPF JIT"
		sysctl = "net.core.bpf_jit_enable"
	)
	value, err := m.sysctl(sysctl)
	switch {
	case err != nil:
		return unknown(name, "read %s: %v", sysctl, cause(err))
	case value == "0":
		return distorts(name, "off", "programs are interpreted: the sink and the generator cost several times more",
			"sysctl -w "+sysctl+"=1")
	default:
		return ok(name, "on")
	}
}
