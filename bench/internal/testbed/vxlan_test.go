package testbed

import "testing"

// TestVXLANOverScene: the ends speak by VXLAN, also after the device below was down and after
// another MTU, whose room for the VXLAN headers is kept.
func TestVXLANOverScene(t *testing.T) {
	for _, topology := range []Topology{Veth, Bridge} {
		t.Run(string(topology), func(t *testing.T) {
			bed := up(t, Config{Topology: topology, VXLAN: true, IPv6: true, MTU: 1500})
			before := mustCounters(t, bed)
			reach := func(t *testing.T) {
				if from := roundTrip(t, bed, bed.B().Addr); from != bed.A().Addr {
					t.Errorf("IPv4 came from %s, want %s", from, bed.A().Addr)
				}
				if from := roundTrip(t, bed, bed.B().Addr6); from != bed.A().Addr6 {
					t.Errorf("IPv6 came from %s, want %s", from, bed.A().Addr6)
				}
			}
			mtu := func(want int) {
				t.Helper()
				if got := kernelLink(t, bed.B()).MTU; got != want {
					t.Errorf("MTU %d, want %d", got, want)
				}
			}
			t.Run("reach", reach)
			mtu(1500 - VXLANOverhead)
			diff := mustCounters(t, bed).Sub(before)
			// A VXLAN device counts IP packets, a veth frames.
			if got := diff.Attached[0].TxBytes - diff.A.TxBytes; diff.A.TxPackets != 2 || got != 2*(14+VXLANOverhead) {
				t.Errorf("%d packets are longer by %d bytes, want 2 by %d in all", diff.A.TxPackets, got, 2*(14+VXLANOverhead))
			}
			for _, end := range []*End{bed.A(), bed.B()} {
				for _, up := range []bool{false, true} {
					if err := end.SetUp(up); err != nil {
						t.Fatal(err)
					}
				}
				if err := end.SetMTU(1400); err != nil {
					t.Fatal(err)
				}
			}
			if err := bed.WaitCarrier(t.Context()); err != nil {
				t.Fatal(err)
			}
			mtu(1400)
			if from := roundTrip(t, bed, bed.B().Addr); from != bed.A().Addr {
				t.Errorf("after down and up it came from %s, want %s", from, bed.A().Addr)
			}
		})
	}
}
