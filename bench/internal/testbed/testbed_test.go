package testbed

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"

	"tunbench/forwarder/tun"
)

func TestUpDownLeavesNothing(t *testing.T) {
	for name, cfg := range scenes() {
		t.Run(name, func(t *testing.T) {
			leavesNothing(t)
			bed, err := Up(context.Background(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			checkEnds(t, bed, cfg)
			for range 2 {
				if err := bed.Down(); err != nil {
					t.Errorf("down: %v", err)
				}
			}
		})
	}
}

// checkEnds compares what the Testbed says of itself with what is there.
func checkEnds(t *testing.T, bed *Testbed, cfg Config) {
	t.Helper()
	for _, end := range []*End{bed.A(), bed.B()} {
		link := kernelLink(t, end)
		if link.Index != end.IfIndex || link.HardwareAddr.String() != end.HardwareAddr.String() {
			t.Errorf("device is %d %s, end says %d %s",
				link.Index, link.HardwareAddr, end.IfIndex, end.HardwareAddr)
		}
		if ethernet := cfg.Topology != Devices || cfg.Kind == tun.TAP || cfg.VXLAN; end.Ethernet != ethernet {
			t.Errorf("Ethernet is %v, want %v", end.Ethernet, ethernet)
		}
		if end.Addr6.IsValid() != cfg.IPv6 || end.Behind6.IsValid() != cfg.IPv6 {
			t.Errorf("IPv6 addresses are %v and %v, want any: %v", end.Addr6, end.Behind6, cfg.IPv6)
		}
	}
	if router := bed.Router(); (router != nil) != slices.Contains([]Topology{Route, Bridge, Bridges}, cfg.Topology) {
		t.Errorf("router is %v in topology %s", router, cfg.Topology)
	}
}

func TestFailedUpLeavesNothing(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		is   func(error) bool
	}{
		{
			"sysctl without a device unknown",
			Config{Topology: Route, Sysctls: map[string]string{"net.ipv4.no_such_thing": "1"}},
			isUnsupported,
		},
		{
			"sysctl of a device unknown",
			Config{Topology: Devices, Kind: tun.TAP, Sysctls: map[string]string{"net.ipv4.conf.tb0.no_such_thing": "1"}},
			isUnsupported,
		},
		{
			"sysctl value",
			Config{Topology: Veth, Sysctls: map[string]string{"net.ipv4.conf.all.rp_filter": "yes"}},
			func(err error) bool { return err != nil && !isUnsupported(err) },
		},
		{
			"MTU beyond the device's",
			Config{Topology: Devices, Kind: tun.TAP, MTU: 65535}, // a TAP device wants 14 bytes more
			func(err error) bool { return err != nil },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leavesNothing(t)
			bed, err := Up(context.Background(), test.cfg)
			if err == nil {
				bed.Down()
			}
			if !test.is(err) {
				t.Errorf("unexpected error: %v", err)
			}
		})
	}
}

func isUnsupported(err error) bool {
	var unsupported *UnsupportedError
	return errors.As(err, &unsupported)
}

func TestUpCancelled(t *testing.T) {
	leavesNothing(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Up(ctx, Config{Topology: Veth}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want cancelled", err)
	}
}

func TestUpNameTaken(t *testing.T) {
	leavesNothing(t)
	pid := strconv.Itoa(os.Getpid())
	defer mustHold(t, pid).release() // else Clean would find it dead
	taken, err := newNamespace(namespaceName(pid, roleB))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.remove()

	if _, err := Up(context.Background(), Config{Topology: Veth}); !errors.Is(err, ErrNameTaken) {
		t.Errorf("error is %v, want ErrNameTaken", err)
	}
	names := []string{namespaceName(pid, roleA), namespaceName(pid, roleB)}
	if got := exists(names); !slices.Equal(got, names[1:]) {
		t.Errorf("namespaces after failed up: %v, want %v", got, names[1:])
	}
	if err := taken.Do(func() error { return nil }); err != nil {
		t.Errorf("enter the namespace that was there: %v", err)
	}
}

func TestSecondUpInProcessFails(t *testing.T) {
	leavesNothing(t)
	first := up(t, Config{Topology: Veth})
	if _, err := Up(context.Background(), Config{Topology: Veth}); !errors.Is(err, ErrNameTaken) {
		t.Errorf("error is %v, want ErrNameTaken", err)
	}
	if _, err := first.Counters(); err != nil {
		t.Errorf("first testbed: %v", err)
	}
	if _, err := os.Lstat(ownLock()); err != nil {
		t.Errorf("lock of the first testbed: %v", err)
	}
}

func BenchmarkUpDown(b *testing.B) {
	for name, cfg := range scenes() {
		b.Run(name, func(b *testing.B) {
			needRoot(b)
			for b.Loop() {
				bed, err := Up(context.Background(), cfg)
				if err != nil {
					b.Fatal(err)
				}
				if err := bed.Down(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAdopt: devices that somebody else makes after Up are configured as those of Up.
func TestAdopt(t *testing.T) {
	leavesNothing(t)
	cfg := Config{Topology: Devices, Absent: true, MTU: 1400, IPv6: true}
	bed, err := Up(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer bed.Down()
	if there, err := bed.HasDevices(); there || err != nil {
		t.Errorf("devices before anybody made them: %v, %v", there, err)
	}
	if err := bed.Adopt(context.Background()); err == nil {
		t.Error("adopted devices that are not there")
	}
	for _, end := range []*End{bed.A(), bed.B()} {
		if err := end.Namespace.Do(func() error { return createDevice(end.Device, tun.TAP, true) }); err != nil {
			t.Fatal(err)
		}
	}
	if there, err := bed.HasDevices(); !there || err != nil {
		t.Errorf("no devices: %v", err)
	}
	if err := bed.Adopt(context.Background()); err != nil {
		t.Fatal(err)
	}
	checkEnds(t, bed, Config{Topology: Devices, Kind: tun.TAP, IPv6: true})
	if mtu := kernelLink(t, bed.A()).MTU; mtu != 1400 {
		t.Errorf("MTU %d", mtu)
	}
	if running, err := bed.HasCarrier(); running || err != nil {
		t.Errorf("carrier without a reader: %v, %v", running, err)
	}
}
