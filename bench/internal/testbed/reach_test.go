package testbed

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

const udpService = 9000

func listen(t *testing.T, end *End, at netip.Addr) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	err := end.Namespace.Do(func() (err error) {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, udpService)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

func dial(t *testing.T, end *End, to netip.Addr) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	err := end.Namespace.Do(func() (err error) {
		conn, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to, udpService)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// roundTrip sends a packet from A to B and one back, and returns A's address as B
// saw it.
func roundTrip(t *testing.T, bed *Testbed, to netip.Addr) netip.Addr {
	t.Helper()
	server, client := listen(t, bed.B(), to), dial(t, bed.A(), to)
	if _, err := client.Write([]byte("there")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 16)
	n, from, err := server.ReadFromUDPAddrPort(b)
	if err != nil || string(b[:n]) != "there" {
		t.Fatalf("B received %q, %v: %+v", b[:n], err, mustCounters(t, bed))
	}
	if _, err := server.WriteToUDPAddrPort([]byte("back"), from); err != nil {
		t.Fatal(err)
	}
	n, err = client.Read(b)
	if err != nil || string(b[:n]) != "back" {
		t.Fatalf("A received %q, %v: %+v", b[:n], err, mustCounters(t, bed))
	}
	return from.Addr().Unmap()
}

func TestReach(t *testing.T) {
	for _, topology := range []Topology{Veth, Route, Bridge} {
		t.Run(string(topology), func(t *testing.T) {
			bed := up(t, Config{Topology: topology, IPv6: true})
			before := mustCounters(t, bed)
			if from := roundTrip(t, bed, bed.B().Addr); from != bed.A().Addr {
				t.Errorf("IPv4 came from %s, want %s", from, bed.A().Addr)
			}
			if from := roundTrip(t, bed, bed.B().Addr6); from != bed.A().Addr6 {
				t.Errorf("IPv6 came from %s, want %s", from, bed.A().Addr6)
			}
			diff := mustCounters(t, bed).Sub(before)
			links := append([]LinkCounters{diff.A, diff.B}, diff.Router...)
			if want := map[Topology]int{Veth: 2, Route: 4, Bridge: 4}[topology]; len(links) != want {
				t.Errorf("%d devices are counted, want %d", len(links), want)
			}
			for i, c := range links {
				if c.RxPackets != 2 || c.TxPackets != 2 {
					t.Errorf("device %d counted %d in and %d out, want exactly 2 each", i, c.RxPackets, c.TxPackets)
				}
			}
		})
	}
}

// attach opens one queue of the end's device as a DUT would.
func attach(t *testing.T, end *End, kind tun.Kind, multiQueue bool) *os.File {
	t.Helper()
	var fd int
	err := end.Attach.Namespace.Do(func() (err error) {
		fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		ifr, err := unix.NewIfreq(end.Attach.Device)
		if err != nil {
			return err
		}
		flags := map[tun.Kind]uint16{tun.TUN: unix.IFF_TUN, tun.TAP: unix.IFF_TAP}[kind] | unix.IFF_NO_PI
		if multiQueue {
			flags |= unix.IFF_MULTI_QUEUE
		}
		ifr.SetUint16(flags)
		return unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	})
	if err != nil {
		t.Fatalf("attach to %s: %v", end.Attach.Device, err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "queue")
	t.Cleanup(func() { f.Close() })
	f.SetDeadline(time.Now().Add(patience))
	return f
}

// TestDevicesForward plays the DUT between the devices: nothing but the UDP
// packets comes out of a queue, and what goes unchanged into the other arrives.
func TestDevicesForward(t *testing.T) {
	for name, cfg := range scenes() {
		if cfg.Topology != Devices {
			continue
		}
		t.Run(name, func(t *testing.T) {
			bed := up(t, cfg)
			a := attach(t, bed.A(), cfg.Kind, cfg.MultiQueue)
			b := attach(t, bed.B(), cfg.Kind, cfg.MultiQueue)
			if err := bed.WaitCarrier(context.Background()); err != nil {
				t.Fatal(err)
			}
			for _, to := range (addrs{bed.B().Addr, bed.B().Addr6}).list(cfg.IPv6) {
				forwardOne(t, bed, to, a, b)
			}
			c := mustCounters(t, bed)
			want := uint64(len((addrs{}).list(cfg.IPv6)))
			if c.A.TxPackets != want || c.B.RxPackets != want || c.A.TxDropped+c.B.TxDropped+c.B.RxDropped != 0 {
				t.Errorf("counters %+v, want %d packets and no drops", c, want)
			}
		})
	}
}

func forwardOne(t *testing.T, bed *Testbed, to netip.Addr, a, b *os.File) {
	t.Helper()
	server, client := listen(t, bed.B(), to), dial(t, bed.A(), to)
	if _, err := client.Write([]byte("there")); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 2048)
	n, err := a.Read(packet)
	if err != nil {
		t.Fatalf("read queue of A: %v", err)
	}
	packet = packet[:n]
	if !bytes.HasSuffix(packet, []byte("there")) {
		t.Fatalf("out of A came % x", packet)
	}
	if bed.A().Ethernet && bed.A().under == nil {
		checkEthernet(t, packet, bed)
	}
	if _, err := b.Write(packet); err != nil {
		t.Fatalf("write queue of B: %v", err)
	}
	received := make([]byte, 16)
	n, from, err := server.ReadFromUDPAddrPort(received)
	if err != nil || string(received[:n]) != "there" {
		t.Fatalf("B received %q from %v, %v", received[:n], from, err)
	}
}

func checkEthernet(t *testing.T, frame []byte, bed *Testbed) {
	t.Helper()
	dst, src := net.HardwareAddr(frame[:6]), net.HardwareAddr(frame[6:12])
	if !bytes.Equal(dst, bed.B().HardwareAddr) || !bytes.Equal(src, bed.A().HardwareAddr) {
		t.Errorf("frame from %s to %s, want from %s to %s", src, dst, bed.A().HardwareAddr, bed.B().HardwareAddr)
	}
	if proto := binary.BigEndian.Uint16(frame[12:]); proto != unix.ETH_P_IP && proto != unix.ETH_P_IPV6 {
		t.Errorf("frame has protocol %#x", proto)
	}
}
