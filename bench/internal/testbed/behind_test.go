package testbed

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// TestForward lets packets appear on an end's loopback device, from the address
// behind it: they leave by the end's device and arrive at the other end.
func TestForward(t *testing.T) {
	for name, cfg := range map[string]Config{
		"tun":     {Topology: Devices, Kind: tun.TUN},
		"tap":     {Topology: Devices, Kind: tun.TAP},
		"veth":    {Topology: Veth},
		"route":   {Topology: Route},
		"bridges": {Topology: Bridges, Kind: tun.TAP, NAPI: true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.IPv6, cfg.Forward = true, true
			bed := up(t, cfg)
			for _, way := range [][2]*End{{bed.A(), bed.B()}, {bed.B(), bed.A()}} {
				from, to := way[0], way[1]
				carried := func() {}
				if cfg.Topology.hasDevices() {
					carried = bridge(t, from, to, cfg.Kind)
				}
				if err := bed.WaitCarrier(t.Context()); err != nil {
					t.Fatal(err)
				}
				forwardFromBehind(t, from, to, from.Behind, to.Addr)
				forwardFromBehind(t, from, to, from.Behind6, to.Addr6)
				carried()
			}
		})
	}
}

func forwardFromBehind(t *testing.T, from, to *End, src, dst netip.Addr) {
	t.Helper()
	server := listen(t, to, dst)
	injectOnLoopback(t, from, udpPacket(src, dst, "forward me"))
	received := make([]byte, 16)
	n, sender, err := server.ReadFromUDPAddrPort(received)
	if err != nil || string(received[:n]) != "forward me" {
		t.Fatalf("%s received %q, %v", to.Namespace.Name(), received[:n], err)
	}
	if sender.Addr().Unmap() != src {
		t.Errorf("packet came from %v, want %v", sender.Addr(), src)
	}
	server.Close()
}

// TestNoForward is the same without Config.Forward: nothing leaves.
func TestNoForward(t *testing.T) {
	bed := up(t, Config{Topology: Veth, IPv6: true})
	from, to := bed.A(), bed.B()
	injectOnLoopback(t, from, udpPacket(from.Behind, to.Addr, "stay"))
	injectOnLoopback(t, from, udpPacket(from.Behind6, to.Addr6, "stay"))
	if err := bed.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := mustCounters(t, bed).A.TxPackets; n != 0 {
		t.Errorf("%d packets were forwarded", n)
	}
}

// bridge carries two packets, one of each family, from one device to the other, and
// returns a function that waits until it has let go of the devices.
func bridge(t *testing.T, from, to *End, kind tun.Kind) (wait func()) {
	t.Helper()
	in, out := attach(t, from, kind, false), attach(t, to, kind, false)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer out.Close()
		defer in.Close()
		for range 2 {
			packet := make([]byte, 2048)
			n, err := in.Read(packet)
			if err == nil {
				_, err = out.Write(packet[:n])
			}
			if err != nil {
				t.Errorf("carry packet from %s: %v", from.Namespace.Name(), err)
				return
			}
		}
	}()
	return func() { <-done }
}

// injectOnLoopback makes an IP packet come in on the loopback device.
func injectOnLoopback(t *testing.T, end *End, packet []byte) {
	t.Helper()
	protocol := uint16(unix.ETH_P_IP)
	if packet[0]>>4 == 6 {
		protocol = unix.ETH_P_IPV6
	}
	err := end.Namespace.Do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		const loopback = 1
		to := &unix.SockaddrLinklayer{Protocol: protocol>>8 | protocol<<8, Ifindex: loopback, Halen: 6} // big-endian
		return unix.Sendto(fd, packet, 0, to)
	})
	if err != nil {
		t.Fatalf("inject packet in %s: %v", end.Namespace.Name(), err)
	}
}

// udpPacket builds an IP packet with valid checksums.
func udpPacket(src, dst netip.Addr, payload string) []byte {
	udp := binary.BigEndian.AppendUint16(nil, udpService)
	udp = binary.BigEndian.AppendUint16(udp, udpService)
	udp = binary.BigEndian.AppendUint16(udp, uint16(8+len(payload)))
	udp = append(udp, 0, 0)
	udp = append(udp, payload...)
	pseudo := append(append(src.AsSlice(), dst.AsSlice()...), 0, unix.IPPROTO_UDP)
	pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(udp)))
	binary.BigEndian.PutUint16(udp[6:], checksum(append(pseudo, udp...)))

	if src.Is6() {
		ip := []byte{0x60, 0, 0, 0, 0, byte(len(udp)), unix.IPPROTO_UDP, 64}
		return append(append(append(ip, src.AsSlice()...), dst.AsSlice()...), udp...)
	}
	ip := []byte{0x45, 0, 0, byte(20 + len(udp)), 0, 0, 0x40, 0, 64, unix.IPPROTO_UDP, 0, 0}
	ip = append(append(ip, src.AsSlice()...), dst.AsSlice()...)
	binary.BigEndian.PutUint16(ip[10:], checksum(ip))
	return append(ip, udp...)
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for i, x := range b {
		sum += uint32(x) << (8 * (1 - i%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
