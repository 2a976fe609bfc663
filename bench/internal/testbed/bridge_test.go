package testbed

import (
	"net/netip"
	"testing"
)

// TestBeyondIsRouted: a packet for a network beyond B reaches B's device, and nobody answers.
func TestBeyondIsRouted(t *testing.T) {
	bed := up(t, Config{Topology: Route, Beyond: []netip.Prefix{netip.MustParsePrefix("198.19.0.0/16")}})
	before := mustCounters(t, bed)
	if err := bed.A().Namespace.addNetwork(bed.A().IfIndex, netip.MustParsePrefix("198.19.0.0/16"), addrsRouterA().v4); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t, bed.A(), netip.MustParseAddr("198.19.7.7")).Write([]byte("there")); err != nil {
		t.Fatal(err)
	}
	if err := bed.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := mustCounters(t, bed).Sub(before); diff.B.RxPackets != 1 || diff.B.TxPackets != 0 {
		t.Errorf("B counted %d in and %d out, want 1 and 0", diff.B.RxPackets, diff.B.TxPackets)
	}
}

// TestVXLANReaches: the devices of both ends find each other.
func TestVXLANReaches(t *testing.T) {
	bed := up(t, Config{Topology: Veth})
	a, b, err := bed.AddVXLAN()
	if err != nil {
		t.Fatal(err)
	}
	if from := roundTrip(t, bed, b); from != a {
		t.Errorf("it came from %s, want %s", from, a)
	}
}

// TestDeviceChanges: each change is what the kernel then says.
func TestDeviceChanges(t *testing.T) {
	bed := up(t, Config{Topology: Veth})
	end := bed.A()
	carrier := func(want bool) {
		t.Helper()
		if has, err := end.HasCarrier(); err != nil || has != want {
			t.Errorf("carrier %t, %v; want %t", has, err, want)
		}
	}
	carrier(true)
	if err := end.SetUp(false); err != nil {
		t.Error(err)
	}
	carrier(false)
	if err := end.SetUp(true); err != nil {
		t.Error(err)
	}
	if err := bed.WaitCarrier(t.Context()); err != nil {
		t.Error(err)
	}
	if err := end.SetMTU(1400); err != nil {
		t.Error(err)
	}
	if mtu := kernelLink(t, end).MTU; mtu != 1400 {
		t.Errorf("MTU %d, want 1400", mtu)
	}
	if err := end.DeleteDevice(); err != nil {
		t.Error(err)
	}
	if _, err := end.HasCarrier(); err == nil {
		t.Error("the device is still there")
	}
}
