package tun

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// patience is how long a test waits for what must arrive: far longer than on the slowest
// machine.
const patience = 5 * time.Minute

// TestTunnelSuperpackets carries streams inside VXLAN from one namespace to another one,
// through two TAP devices with OffloadTunnel and a loop that changes nothing.
func TestTunnelSuperpackets(t *testing.T) {
	for _, tc := range []struct {
		name  string
		hosts [2]string // outer addresses
		csum  bool      // of the outer UDP header
		bit   uint8     // expected in gso_type
	}{
		{"IPv4", [2]string{"192.0.2.1", "192.0.2.2"}, false, offload.VnetHdrGSOUDPTunnelIPv4},
		{"IPv4 with checksums", [2]string{"192.0.2.1", "192.0.2.2"}, true, offload.VnetHdrGSOUDPTunnelIPv4},
		{"IPv6", [2]string{"2001:db8::1", "2001:db8::2"}, true, offload.VnetHdrGSOUDPTunnelIPv6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newTunnelEnd(t, tc.hosts[0], tc.hosts[1], inside[0], tc.csum)
			b := newTunnelEnd(t, tc.hosts[1], tc.hosts[0], inside[1], tc.csum)
			w := startWire(t, a.queue, b.queue)
			checkStream(t, a, b)
			checkDatagrams(t, a, b)
			w.stop(t)

			for _, kind := range []uint8{unix.VIRTIO_NET_HDR_GSO_TCPV4, unix.VIRTIO_NET_HDR_GSO_UDP_L4} {
				if w.superpackets[tc.bit|kind] == 0 {
					t.Errorf("no superpacket of the type %#x; seen %v", tc.bit|kind, w.superpackets)
				}
			}
			if got := w.flags&offload.VnetHdrFUDPTunnelCsum != 0; got != tc.csum {
				t.Errorf("outer checksums: %v, want %v", got, tc.csum)
			}
		})
	}
}

// checkStream sends some MB through TCP, and compares what arrives.
func checkStream(t *testing.T, from, to *tunnelEnd) {
	t.Helper()
	const size = 8 << 20
	var listener *net.TCPListener
	var sender *net.TCPConn
	err := errors.Join(
		InNamespace(to.path, func() (err error) {
			listener, err = net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(netip.AddrPortFrom(inside[1].Addr(), 5001)))
			return err
		}),
		InNamespace(from.path, func() (err error) {
			sender, err = net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(netip.AddrPortFrom(inside[1].Addr(), 5001)))
			return err
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	defer sender.Close()
	deadline := time.Now().Add(patience)
	if err := errors.Join(listener.SetDeadline(deadline), sender.SetDeadline(deadline)); err != nil {
		t.Fatal(err)
	}
	receiver, err := listener.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	payload := randomBytes(size)
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(sender, bytes.NewReader(payload))
		sent <- errors.Join(err, sender.Close())
	}()
	hash := sha256.New()
	if err := receiver.SetReadDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(hash, receiver)
	if err := errors.Join(err, <-sent); err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(payload); n != size || !bytes.Equal(hash.Sum(nil), want[:]) {
		t.Errorf("received %d bytes of %d, or others", n, size)
	}
}

// checkDatagrams sends superpackets of UDP and compares the datagrams that arrive.
func checkDatagrams(t *testing.T, from, to *tunnelEnd) {
	t.Helper()
	const size, each, rounds = 1000, 20, 10
	var receiver, sender *net.UDPConn
	err := errors.Join(
		InNamespace(to.path, func() (err error) {
			receiver, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(inside[1].Addr(), 5001)))
			return err
		}),
		InNamespace(from.path, func() (err error) {
			sender, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(inside[1].Addr(), 5001)))
			return err
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	defer sender.Close()
	raw, err := sender.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, size)
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2*size)
	for range rounds {
		payload := randomBytes(size * each)
		if _, err := sender.Write(payload); err != nil {
			t.Fatal(err)
		}
		if err := receiver.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		for i := range each {
			n, err := receiver.Read(buf)
			if err != nil {
				t.Fatalf("datagram %d of %d: %v", i, each, err)
			}
			if !bytes.Equal(buf[:n], payload[i*size:(i+1)*size]) {
				t.Fatalf("datagram %d of %d arrived as another one", i, each)
			}
		}
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // never fails
	return b
}

// wire carries packets both ways between two queues as they are.
type wire struct {
	superpackets map[uint8]int // by gso_type
	flags        uint8         // of all of them
	end          int           // eventfd
	done         chan error
}

func startWire(t *testing.T, a, b *Queue) *wire {
	t.Helper()
	end, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{superpackets: make(map[uint8]int), end: end, done: make(chan error, 1)}
	go func() { w.done <- w.run(a, b) }()
	return w
}

// stop ends the wire; what it counted may be read then.
func (w *wire) stop(t *testing.T) {
	t.Helper()
	if _, err := unix.Write(w.end, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-w.done, unix.Close(w.end)); err != nil {
		t.Error(err)
	}
}

func (w *wire) run(a, b *Queue) error {
	poll := []unix.PollFd{
		{Fd: int32(a.FD()), Events: unix.POLLIN},
		{Fd: int32(b.FD()), Events: unix.POLLIN},
		{Fd: int32(w.end), Events: unix.POLLIN},
	}
	for {
		if _, err := unix.Ppoll(poll, nil, nil); err != nil && err != unix.EINTR {
			return err
		}
		if err := errors.Join(w.carry(a, b), w.carry(b, a)); err != nil || poll[2].Revents != 0 {
			return err
		}
	}
}

// carry moves all packets there are.
func (w *wire) carry(from, to *Queue) error {
	buf := make([]byte, from.VnetHdrLen()+1<<17)
	for {
		iov := []unix.Iovec{{Base: &buf[0]}}
		iov[0].SetLen(len(buf))
		n, errno := from.Readv(iov)
		if errno == unix.EAGAIN {
			return nil
		}
		if errno != 0 {
			return fmt.Errorf("read from %v: %w", from, errno)
		}
		if err := w.look(buf[:n]); err != nil {
			return err
		}
		iov[0].SetLen(n)
		if _, errno := to.Writev(iov); errno != 0 {
			return fmt.Errorf("write %d bytes, %x … to %v: %w", n, buf[:24], to, errno)
		}
	}
}

// look counts superpackets, and believes no vnet header that contradicts its packet.
func (w *wire) look(frame []byte) error {
	var hdr offload.VnetHdrV1HashTunnel
	if err := hdr.Decode(frame); err != nil {
		return err
	}
	if !hdr.IsSuperpacket() {
		return nil
	}
	w.superpackets[hdr.GSOType&^unix.VIRTIO_NET_HDR_GSO_ECN]++
	w.flags |= hdr.Flags
	packet := frame[offload.VnetHdrV1HashTunnelLen:]
	l3, f := offload.L3Offset(packet)
	if f == offload.FaultNone {
		f = hdr.Validate(packet, l3)
	}
	if f != offload.FaultNone {
		return fmt.Errorf("vnet header %+v: %v", hdr, f)
	}
	return nil
}
