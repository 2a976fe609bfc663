package wgtun_test

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/forwarder/wgtun"
)

// TestLeavesNoSteeringProgram: on a persistent device the next owner's packets are spread by the kernel, whatever we
// or one that was killed before us had attached.
func TestLeavesNoSteeringProgram(t *testing.T) {
	for name, test := range map[string]struct {
		killed bool // somebody left a program before us
		ours   wgtun.Config
		left   bool // is what the test itself looks for
	}{
		"ours":                       {false, wgtun.Config{Queues: 2, Steer: steer.PolicyCPU}, false},
		"of a killed one, one queue": {true, wgtun.Config{Queues: 1}, false},
		"of a killed one, kernel":    {true, wgtun.Config{Queues: 2, Steer: steer.PolicyKernel}, false},
		"of a killed one, not ours":  {true, wgtun.Config{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			netns := newNamespace(t)
			raw := tun.Config{NetNS: netns, Name: "wg0", Kind: tun.TUN, Queues: 2, VnetHdr: true, TxQueueLen: 1000}
			persistDevice(t, raw, test.killed)
			if !test.left {
				ours := test.ours
				ours.NetNS, ours.Name, ours.MustExist = netns, "wg0", true
				d, err := wgtun.OpenMultiQueue(ours)
				if err != nil {
					t.Fatal(err)
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if used := queuesUsed(t, raw); used != 2 && !test.left || used != 1 && test.left {
				t.Errorf("64 flows from one CPU use %d of 2 queues", used)
			}
		})
	}
}

// persistDevice makes a device that stays; killed leaves a program on it that gives each CPU one queue.
func persistDevice(t *testing.T, cfg tun.Config, killed bool) {
	t.Helper()
	d, err := tun.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := unix.IoctlSetInt(d.Queues()[0].FD(), unix.TUNSETPERSIST, 1); err != nil {
		t.Fatal(err)
	}
	if !killed {
		return
	}
	program, err := steer.Load(steer.PolicyCPU, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close() // the device keeps it
	if err := program.Attach(d.Queues()[0].FD()); err != nil {
		t.Fatal(err)
	}
}

// queuesUsed is how many queues of a device the packets of 64 flows come out of, sent by one thread on one CPU.
func queuesUsed(t *testing.T, cfg tun.Config) (used int) {
	t.Helper()
	d, err := tun.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	inside(t, cfg.NetNS, func() error { // on a thread that ends with it
		if err := address(cfg.Name, "10.9.0.1/24"); err != nil {
			return err
		}
		var all, one unix.CPUSet
		if err := unix.SchedGetaffinity(0, &all); err != nil {
			return err
		}
		for cpu := 0; ; cpu++ {
			if all.IsSet(cpu) {
				one.Set(cpu)
				break
			}
		}
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			return err
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		var to unix.SockaddrInet4
		copy(to.Addr[:], net.IPv4(10, 9, 0, 2).To4())
		for port := range 64 {
			to.Port = 2000 + port
			if err := unix.Sendto(fd, []byte("x"), 0, &to); err != nil {
				return err
			}
		}
		return nil
	})
	packets := 0
	for _, q := range d.Queues() {
		n := 0
		for buf := make([]byte, 2048); ; {
			length, err := unix.Read(q.FD(), buf)
			if errors.Is(err, unix.EAGAIN) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if p := buf[d.VnetHdrLen():length]; len(p) > 20 && p[0]>>4 == 4 && p[9] == unix.IPPROTO_UDP {
				n++
			}
		}
		packets += n
		if n > 0 {
			used++
		}
	}
	if packets != 64 {
		t.Errorf("%d packets of 64 came out", packets)
	}
	return used
}
