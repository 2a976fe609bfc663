package intake

import (
	"bytes"
	"net"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// newUDPSocket gives a TUN device an address and makes a socket for datagrams that leave by it,
// as superpackets of segments of so many bytes.
func newUDPSocket(t *testing.T, d *device, segment int) *net.UDPConn {
	t.Helper()
	if out, err := exec.Command("ip", "address", "replace", "192.0.2.1/24", "dev", d.Name()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	conn, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 9})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, segment)
	}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return conn
}

// TestTakesSuperpackets: what the device gives of a socket's superpackets and what the ring gives
// are the same bytes, but for the IP identification and its checksum.
func TestTakesSuperpackets(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		const segment = 1000
		d := newDevice(t, tun.TUN, 1, 1)
		conn, ring := newUDPSocket(t, d, segment), d.intake.Rings()[0]
		send := func(n int) {
			if _, err := conn.Write(bytes.Repeat([]byte("segment "), n/8+1)[:n]); err != nil {
				t.Fatal(err)
			}
		}
		same := func(frame []byte) []byte {
			if frame == nil {
				return nil
			}
			frame = bytes.Clone(frame)
			ip := frame[d.VnetHdrLen():]
			clear(ip[4:6])
			clear(ip[10:12])
			return frame
		}
		lengths := []int{segment + 1, 2 * segment, 3001, 8000, 60 * segment}
		read := map[int][]byte{}
		for _, n := range lengths {
			send(n)
			if read[n] = same(d.read(t, 0)); read[n] == nil || next(ring) != nil {
				t.Fatalf("%d bytes: a closed ring took a packet", n)
			}
		}
		openRings(t, ring)
		for _, n := range lengths {
			send(n)
			if diff := cmp.Diff(read[n], same(next(ring))); diff != "" {
				t.Errorf("%d bytes (-read +taken):\n%s", n, diff)
			}
			if d.read(t, 0) != nil || next(ring) != nil {
				t.Errorf("%d bytes: there is more than was sent", n)
			}
			ring.Release()
		}
		if n := ring.Dropped() + ring.Refused(); n != 0 {
			t.Errorf("%d frames did not fit", n)
		}
	})
}

// TestDroppedSegments: what a full ring drops is counted in segments.
func TestDroppedSegments(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		const segment, segments, sent = 1000, 50, 200
		d := newDevice(t, tun.TUN, 1, 1)
		conn, ring := newUDPSocket(t, d, segment), d.intake.Rings()[0]
		openRings(t, ring)
		for range sent {
			if _, err := conn.Write(make([]byte, segments*segment)); err != nil {
				t.Fatal(err)
			}
		}
		taken := 0
		for next(ring) != nil {
			taken++
		}
		if taken == sent || uint64(sent-taken)*segments != ring.Dropped() {
			t.Errorf("%d of %d superpackets of %d segments taken, %d segments dropped", taken, sent, segments, ring.Dropped())
		}
	})
}
