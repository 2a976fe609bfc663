package bpf

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

func TestExplain(t *testing.T) {
	var unsupported *host.UnsupportedError
	for _, err := range []error{ebpf.ErrNotSupported, unix.EPERM, unix.ENOSYS} {
		if got := Explain(err, "a", "b"); !errors.As(got, &unsupported) || !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if got := Explain(unix.ENODEV, "a", "b"); errors.As(got, &unsupported) {
		t.Errorf("ENODEV became %v", got)
	}
}
