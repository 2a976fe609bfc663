package faults

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// TestThisKernelHasNone: kernels that tunbench is developed on are mended; one that is not can say so.
func TestThisKernelHasNone(t *testing.T) {
	needRoot(t)
	for name, try := range map[string]func() error{"superpackets": Superpackets, "VXLAN": func() error { return VXLAN(t.Context()) }} {
		var unsupported *testbed.UnsupportedError
		switch err := try(); {
		case errors.As(err, &unsupported), errors.Is(err, errNoUSO):
			t.Logf("%s: not tried: %v", name, err)
		case err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLossIsFound: a device that no longer has the route back stands for a kernel that loses a superpacket.
func TestLossIsFound(t *testing.T) {
	needRoot(t)
	err := tun.InNewNamespace(func() error {
		m, err := openMirror()
		if err != nil {
			return err
		}
		defer m.Close()
		w := way{unix.IPPROTO_TCP, 1, false}
		if err := m.try(w, 1); err != nil {
			return err
		}
		var found *Fault
		if err := address(m.Name(), netip.MustParsePrefix("198.18.16.0/24")); err != nil {
			return err
		}
		if err := m.try(w, 2); !errors.As(err, &found) {
			t.Errorf("a kernel that brings nothing back: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: it makes namespaces")
	}
}
