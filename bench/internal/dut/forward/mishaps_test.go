package forward

import (
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/intake"
)

// mishaps are what may happen to a packet on its way into a device, or to the device. When they
// are over all is as before.
var mishaps = map[string]func(t *testing.T, s *scene, f *flow){
	"a shaper drops one": func(t *testing.T, s *scene, f *flow) {
		s.at(t, "tc qdisc replace dev DEV root tbf rate 1gbit burst 1000 limit 100000")
		if _, err := f.send.Write(make([]byte, 1200)); err != nil {
			t.Fatal(err)
		}
		s.at(t, "tc qdisc del dev DEV root")
	},
	"a filter drops one": func(t *testing.T, s *scene, f *flow) {
		s.at(t, "tc qdisc add dev DEV clsact")
		s.at(t, "tc filter add dev DEV egress protocol ip u32 match u32 0 0 action mirred egress redirect dev lo")
		if _, err := f.send.Write([]byte("lost")); err != nil {
			t.Fatal(err)
		}
		s.at(t, "tc qdisc del dev DEV clsact")
	},
	"no carrier": func(t *testing.T, s *scene, f *flow) {
		s.at(t, "ip link set DEV carrier off")
		_, _ = f.send.Write([]byte("lost")) // or refused
		s.at(t, "ip link set DEV carrier on")
	},
	"down and up": func(t *testing.T, s *scene, f *flow) {
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = f.send.Write([]byte("some are lost"))
				}
			}
		}()
		for range 5 {
			s.at(t, "ip link set DEV down")
			s.at(t, "ip link set DEV up")
			s.at(t, "ip route replace "+s.B().Addr.String()+" dev DEV")
		}
		close(stop)
		<-stopped
	},
	"a superpacket that the kernel cannot segment": func(t *testing.T, s *scene, _ *flow) {
		// TCP over IPv6 with a fragment header (case P1 of the packets that were tried).
		frame, err := hex.DecodeString("01044400640030001000" + "6000000001682c40" +
			"20010db8006600000000000000000001" + "20010db8006600000000000000000002" +
			"0600000012345678" + "03e807d0" + "00000001" + "00000007" + "501001f4" + "00000000" + strings.Repeat("00", 332))
		if err != nil {
			t.Fatal(err)
		}
		err = s.A().Namespace.Do(func() error {
			fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1); err != nil {
				return err
			}
			const ipv6InNetworkOrder = 0xdd86
			return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: s.A().IfIndex, Protocol: ipv6InNetworkOrder})
		})
		if err != nil {
			t.Fatal(err)
		}
	},
	"another forwarder comes and goes": func(t *testing.T, s *scene, f *flow) {
		_, stop := s.forward(t)
		for range 10 {
			if _, err := f.send.Write([]byte("to whichever")); err != nil {
				t.Fatal(err)
			}
		}
		stop()
	},
	"nothing": func(*testing.T, *scene, *flow) {},
}

// TestNothingStopsADirection: whatever happens to one packet costs that packet, and a worker that
// sleeps is woken by the next.
func TestNothingStopsADirection(t *testing.T) {
	for name, happens := range mishaps {
		for _, mode := range intake.Modes() {
			t.Run(name+",intake="+string(mode), func(t *testing.T) {
				s := newScene(t, mode)
				f := s.newFlow(t)
				session, _ := s.forward(t)
				if on := session.Negotiated().Intake; on != (mode == intake.ModeAuto) {
					t.Fatalf("intake in use: %t; notes %q", on, session.Negotiated().Notes)
				}
				f.starts(t)
				for range 3 {
					f.passes(t, 20)
					happens(t, s, f)
					f.starts(t)
				}
				f.passes(t, 200)
			})
		}
	}
}
