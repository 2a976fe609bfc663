package plain

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// TestSendApart: where the kernel refuses a UDP superpacket, its packets are sent one by one, in order, and none is made any more.
func TestSendApart(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens sockets in a network namespace")
	}
	for _, refuse := range []bool{false, true} {
		err := tun.InNewNamespace(func() error { return sendApart(t, refuse) })
		if err != nil {
			t.Error(err)
		}
	}
}

func sendApart(t *testing.T, refuse bool) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return err
	}
	a, b := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	from, err := openSocket(Config{Local: a, Peer: b}, 5000)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	to, err := openSocket(Config{Local: b, Peer: a}, 5000)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	if refuse { // UDP_SEGMENT needs checksums
		if err := unix.SetsockoptInt(from, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1); err != nil {
			return err
		}
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fds[1])
	queue := tun.NewQueue(fds[0], "fake", 0, offload.VnetHdrLen)
	defer queue.Close()
	w := newWorker(Config{Batch: 64, UGSO: true}, queue, from, &End{wake: -1})
	var want [][]byte
	for round := range 2 {
		for i := range 20 {
			packet := bytes.Repeat([]byte{byte(round), byte(i)}, 400-i/19*100) // the last is shorter
			want = append(want, packet)
			if _, err := unix.Write(fds[1], append(make([]byte, offload.VnetHdrLen), packet...)); err != nil {
				return err
			}
		}
		if n, err := w.out.step(); n != 20 || err != nil {
			t.Errorf("%d packets read, %v", n, err)
		}
	}
	buf := make([]byte, 2000)
	for i, packet := range want {
		n, err := unix.Read(to, buf)
		if err != nil {
			return errors.Join(errors.New("a packet is missing"), err)
		}
		if !bytes.Equal(buf[:n], packet) {
			t.Errorf("packet %d: %d bytes, want %d", i, n, len(packet))
		}
	}
	if w.out.ugso == refuse || len(w.lost) > 0 {
		t.Errorf("superpackets %v, lost %v", w.out.ugso, w.lost)
	}
	return nil
}
