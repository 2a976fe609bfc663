package traffictest

import (
	"context"
	"net/netip"
	"os"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// Long is far longer than anything takes, on any machine. As the grace of a generator it
// has it offer all packets that are due, however long its thread waits for a CPU.
const Long = 5 * time.Minute

// Port is the destination of the load.
const Port = 5201

// RequireRoot skips a test that needs privileges, when there are none.
func RequireRoot(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("needs root to load eBPF and make namespaces")
	}
}

// CancelWhen returns a context that is done as soon as happened says so.
func CancelWhen(t *testing.T, happened func() (bool, error)) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Long)
	t.Cleanup(cancel)
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			if ok, err := happened(); ok || err != nil {
				if err != nil {
					t.Errorf("wait for a run: %v", err)
				}
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return ctx
}

// CountFDs returns how many files this process has open.
func CountFDs(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// Up returns a scene that ends with the test.
func Up(tb testing.TB, cfg testbed.Config) *testbed.Testbed {
	tb.Helper()
	RequireRoot(tb)
	bed, err := testbed.Up(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := bed.Down(); err != nil {
			tb.Error(err)
		}
	})
	return bed
}

// Veth returns two namespaces joined by a veth pair.
func Veth(tb testing.TB) *testbed.Testbed {
	tb.Helper()
	return Up(tb, testbed.Config{Topology: testbed.Veth, IPv6: true})
}

// Gap returns two namespaces with a TUN device each and nothing between.
func Gap(tb testing.TB) *testbed.Testbed {
	tb.Helper()
	return Up(tb, testbed.Config{Topology: testbed.Devices, Kind: tun.TUN})
}

// Devices returns two namespaces with a device each, to which queues can attach.
func Devices(tb testing.TB, kind tun.Kind, mtu int) *testbed.Testbed {
	tb.Helper()
	return Up(tb, testbed.Config{Topology: testbed.Devices, Kind: kind, MultiQueue: true, MTU: mtu})
}

// Address returns the end's address of one family.
func Address(e *testbed.End, ipv6 bool) netip.Addr {
	if ipv6 {
		return e.Addr6
	}
	return e.Addr
}
