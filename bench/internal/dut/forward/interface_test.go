package forward

import (
	"strings"
	"testing"

	"tunbench/bench/internal/testbed/nic"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/tun"
)

// TestOwnersGivenBack: where the second device cannot be given its owner, the first has the one from before, and what the kernel does not take
// back is named.
func TestOwnersGivenBack(t *testing.T) {
	s := newScene(t, intake.ModeOff)
	var all settings
	var devices []*tun.Device
	for _, e := range []Endpoint{s.options.A, s.options.B} {
		device, err := tun.Open(tun.Config{NetNS: e.NetNS, Name: e.Device, Kind: tun.TUN, Queues: 1, MustExist: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { device.Close() })
		devices = append(devices, device)
		all.done = append(all.done, setting{device: device, side: side{Interface: Interface{Config: nic.Config{}, Persistent: true}}})
	}
	if err := devices[0].SetOwner(5); err != nil {
		t.Fatal(err)
	}
	all.done[0].side.Owner, all.done[0].side.Group, all.done[1].side.Owner = new(6), new(7), new(-1)
	err := all.outlive()
	if err == nil || !strings.Contains(err.Error(), "set owner -1") || !strings.Contains(err.Error(), "had no group and keeps 7") {
		t.Errorf("%v, want that B refuses its owner, and that A keeps its group", err)
	}
	owner, group, err := devices[0].Owners()
	if err != nil || owner == nil || *owner != 5 || group == nil || *group != 7 {
		t.Errorf("owner %v, group %v, %v; want 5 and 7", owner, group, err)
	}
	if owner, group, err := devices[1].Owners(); err != nil || owner != nil || group != nil {
		t.Errorf("B has owner %v, group %v, %v", owner, group, err)
	}
}
