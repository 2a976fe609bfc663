package doctor

import (
	"errors"

	"tunbench/bench/internal/host"

	"golang.org/x/sys/unix"
)

// BPFFeature is something that the tester does with eBPF.
type BPFFeature struct {
	Name    string
	Meaning string       // what a measurement does without it
	Remedy  string       // the kernel to use
	Try     func() error // nil, or what the kernel refused
}

func (f BPFFeature) check() Check {
	switch err := f.Try(); {
	case err == nil:
		return ok(f.Name, "a program loads and runs")
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return missing(f.Name, err.Error(), f.Meaning, "run as root with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON")
	default:
		return missing(f.Name, err.Error(), f.Meaning, f.Remedy)
	}
}

func bpfJIT(m host.Machine) Check {
	const (
		name   = "BPF JIT"
		sysctl = "net.core.bpf_jit_enable"
	)
	value, err := m.Sysctl(sysctl)
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
