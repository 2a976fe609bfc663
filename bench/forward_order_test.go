package main

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

// dialed is a connected socket of end A to a port of end B, and listening one of B.
func dialed(t *testing.T, bed *testbed.Testbed, port uint16) (from, to *net.UDPConn) {
	t.Helper()
	err := bed.B().Namespace.Do(func() (err error) {
		to, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(bed.B().Addr, port)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	err = bed.A().Namespace.Do(func() (err error) {
		from, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(bed.B().Addr, port)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	return from, to
}

// socketOption sets an option of a UDP socket.
func socketOption(t *testing.T, c *net.UDPConn, level, option, value int) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			if err := unix.SetsockoptInt(int(fd), level, option, value); err != nil {
				t.Error(os.NewSyscallError("setsockopt", err))
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// straying returns what sends a datagram past all that is attached to the egress of A's device: it comes out of the
// device, but no intake has seen it.
func straying(t *testing.T, bed *testbed.Testbed) (stray func()) {
	t.Helper()
	_, sink := dialed(t, bed, 6001)
	fd := -1
	err := bed.A().Namespace.Do(func() (err error) {
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1); err != nil {
		t.Fatal(err)
	}
	const etherTypeIPv4InNetworkOrder = 0x0008
	link := &unix.SockaddrLinklayer{Protocol: etherTypeIPv4InNetworkOrder, Ifindex: bed.A().IfIndex}
	packet := udpPacket(bed.A().Addr, bed.B().Addr, 6001, []byte("stray"))
	t.Cleanup(func() {
		_ = sink.SetReadDeadline(time.Now().Add(patience))
		if n, err := sink.Read(make([]byte, 100)); err != nil || n != len("stray") {
			t.Errorf("no packet that strays arrives: %d bytes, %v", n, err)
		}
	})
	return func() {
		if err := unix.Sendto(fd, packet, 0, link); err != nil {
			t.Error(err)
		}
	}
}

// udpPacket is an IPv4 packet with a datagram, which has no UDP checksum.
func udpPacket(from, to netip.Addr, port uint16, payload []byte) []byte {
	const ipLen, udpLen = 20, 8
	p := binary.BigEndian.AppendUint16([]byte{0x45, 0}, uint16(ipLen+udpLen+len(payload)))
	p = append(p, 0, 0, 0x40, 0, 64, unix.IPPROTO_UDP, 0, 0)
	p = append(append(p, from.AsSlice()...), to.AsSlice()...)
	binary.BigEndian.PutUint16(p[10:], ^wire.Sum(p))
	p = binary.BigEndian.AppendUint16(p, 6002)
	p = binary.BigEndian.AppendUint16(p, port)
	p = binary.BigEndian.AppendUint16(p, uint16(udpLen+len(payload)))
	return append(append(p, 0, 0), payload...)
}

// injecting returns what sends datagrams, each burst from an address of its own, through a packet socket: a superpacket
// that came that way is none that the intake takes.
func injecting(t *testing.T, bed *testbed.Testbed) write {
	t.Helper()
	var socket *offloadtest.Socket
	err := bed.A().Namespace.Do(func() (err error) {
		socket, err = offloadtest.OpenSocket(bed.A().Device)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return func(burst int, payload []byte) error {
		from := netip.AddrFrom4([4]byte{100, 64, byte(burst >> 8), byte(burst)})
		frame := offloadtest.Frame(udpPacket(from, bed.B().Addr, orderPort, payload))
		if len(payload) > orderSize {
			hdr := offload.VnetHdr{
				Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, GSOType: unix.VIRTIO_NET_HDR_GSO_UDP_L4,
				HdrLen: 28, GSOSize: orderSize, CsumStart: 20, CsumOffset: 6,
			}
			if err := hdr.Encode(frame); err != nil {
				return err
			}
			packet := frame[offload.VnetHdrLen:]
			pseudo := append(packet[12:20:20], 0, unix.IPPROTO_UDP, packet[24], packet[25])
			binary.BigEndian.PutUint16(packet[26:], wire.Sum(pseudo))
		}
		return socket.Send(frame)
	}
}

// withoutOffloads has another program take all offloads off A's device, so that the kernel splits superpackets behind
// the intake.
func withoutOffloads(t *testing.T, bed *testbed.Testbed) {
	t.Helper()
	other := foreign(t, bed.A(), unix.IFF_NO_PI|unix.IFF_VNET_HDR)
	detach, err := unix.NewIfreq(bed.A().Device)
	if err != nil {
		t.Fatal(err)
	}
	detach.SetUint16(unix.IFF_DETACH_QUEUE) // which else would get packets
	if err := unix.IoctlIfreq(int(other.Fd()), unix.TUNSETQUEUE, detach); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetInt(int(other.Fd()), unix.TUNSETOFFLOAD, 0); err != nil {
		t.Fatal(err)
	}
}

// orderPort and orderSize, in bytes of payload, are those of numbered datagrams.
const orderPort, orderSize = 6000, 100

// write sends a datagram of a burst, or a superpacket where it is longer than one.
type write func(burst int, payload []byte) error

// TestForwardIntakeKeepsOrder: bursts of numbered datagrams arrive in order and whole, whatever comes out of the device
// that did not pass the intake, or passed it as something else.
func TestForwardIntakeKeepsOrder(t *testing.T) {
	one, many := []int{1, 1, 1, 1, 1, 1}, []int{20, 20, 20, 20, 20, 20}
	for name, tc := range map[string]struct {
		segments []int // of each packet of a burst
		with     func(t *testing.T, bed *testbed.Testbed) write
		before   func(t *testing.T, bed *testbed.Testbed) (each func()) // every burst
		meddle   func(t *testing.T, bed *testbed.Testbed)               // in the middle
	}{
		"packets that stray past it":          {segments: one, before: straying},
		"superpackets split behind it":        {segments: many, meddle: withoutOffloads},
		"a superpacket that it does not take": {segments: []int{1, 1, 1, 1, 1, 2}, with: injecting},
	} {
		for _, mode := range []string{"auto", "off"} {
			t.Run(name+"/intake="+mode, func(t *testing.T) {
				bed := devices(t)
				cmd, lines, stderr := forwarding(t, between(bed, "--intake", mode)...)
				waitLine(t, lines, `^attached to tun tb-\d+-b`)
				if mode == "auto" {
					waitLine(t, lines, `^intake: packets skip`)
				}
				if err := bed.WaitCarrier(t.Context()); err != nil {
					t.Fatal(err)
				}
				from, to := dialed(t, bed, orderPort)
				socketOption(t, to, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20)
				send := func(_ int, payload []byte) error {
					_, err := from.Write(payload)
					return err
				}
				switch {
				case tc.with != nil:
					send = tc.with(t, bed)
				case tc.segments[0] > 1:
					socketOption(t, from, unix.IPPROTO_UDP, unix.UDP_SEGMENT, orderSize)
				}
				each := func() {}
				if tc.before != nil {
					each = tc.before(t, bed)
				}
				inOrder(t, to, tc.segments, send, func(burst, of int) {
					if burst == of/2 && tc.meddle != nil {
						tc.meddle(t, bed)
					}
					each()
				})
				if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
					t.Fatal(err)
				}
				if code := exit(t, cmd); code != exitSuccess {
					t.Errorf("exit code %d: %s", code, stderr())
				}
			})
		}
	}
}

// inOrder sends bursts of numbered datagrams, as packets of so many segments: the next one when all of the last are
// there.
func inOrder(t *testing.T, to *net.UDPConn, segments []int, send write, before func(burst, of int)) {
	t.Helper()
	const bursts = 400
	if err := to.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, orderSize)
	sent, seen := uint32(0), uint32(0)
	for burst := range bursts {
		before(burst, bursts)
		for _, n := range segments {
			payload := make([]byte, n*orderSize)
			for i := range n {
				binary.BigEndian.PutUint32(payload[i*orderSize:], sent)
				sent++
			}
			if err := send(burst, payload); err != nil {
				t.Fatalf("datagram %d, of burst %d: %v", sent, burst, err)
			}
		}
		for ; seen < sent; seen++ {
			if _, err := io.ReadFull(to, got); err != nil {
				t.Fatalf("of %d datagrams, %d came: %v", sent, seen, err)
			}
			if n := binary.BigEndian.Uint32(got); n != seen {
				t.Fatalf("datagram %d came instead of %d, in burst %d", n, seen, burst)
			}
		}
	}
}
