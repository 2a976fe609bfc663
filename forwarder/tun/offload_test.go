package tun

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestOffloadNames(t *testing.T) {
	for _, name := range []string{"none", "csum", "tso", "uso", "all", "tunnel"} {
		o, err := ParseOffload(name)
		if err != nil {
			t.Fatal(err)
		}
		if o.String() != name {
			t.Errorf("%s reads back as %v", name, o)
		}
	}
	if _, err := ParseOffload("most"); err == nil {
		t.Error("offload most: accepted")
	}
}

// TestOffloadLadder checks the kernel's rules on every step: no offload without
// TUN_F_CSUM, no ECN without TSO, both USO bits or none.
func TestOffloadLadder(t *testing.T) {
	for _, want := range []Offload{OffloadNone, OffloadCsum, OffloadTSO, OffloadUSO, OffloadAll, OffloadTunnel} {
		steps := want.ladder()
		if steps[0] != want || steps[len(steps)-1] != OffloadNone {
			t.Errorf("%v: the ladder %v does not lead from it to none", want, steps)
		}
		for i, s := range steps {
			if i > 0 && (s == steps[i-1] || !steps[i-1].Has(s)) {
				t.Errorf("%v: step %v is not below %v", want, s, steps[i-1])
			}
			if s != 0 && !s.Has(OffloadCsum) {
				t.Errorf("%v: step %v lacks TUN_F_CSUM", want, s)
			}
			if s.Has(unix.TUN_F_TSO_ECN) && s&(unix.TUN_F_TSO4|unix.TUN_F_TSO6) == 0 {
				t.Errorf("%v: step %v has ECN without TSO", want, s)
			}
			if tunnel := s & (tunFUDPTunnelGSO | tunFUDPTunnelGSOCsum); tunnel != 0 && i > 0 {
				t.Errorf("%v: step %v keeps what only the newest kernels have", want, s)
			}
			if s.Has(unix.TUN_F_USO4) != s.Has(unix.TUN_F_USO6) {
				t.Errorf("%v: step %v has one USO bit only", want, s)
			}
		}
	}
	if next := OffloadTunnel.ladder()[1]; next != OffloadAll {
		t.Errorf("below tunnel: %v, want all", next)
	}
	if diff := cmp.Diff([]Offload{OffloadUSO, OffloadCsum, OffloadNone}, OffloadUSO.ladder()); diff != "" {
		t.Errorf("ladder of uso (-want +got):\n%s", diff)
	}
}

func TestOffloadVnetHdrLen(t *testing.T) {
	for mask, want := range map[Offload]int{
		OffloadNone: 10, OffloadAll: 10, OffloadTunnel: 24, OffloadCsum | tunFUDPTunnelGSO: 24,
	} {
		if got := mask.vnetHdrLen(); got != want {
			t.Errorf("%v: vnet header of %d bytes, want %d", mask, got, want)
		}
	}
}
