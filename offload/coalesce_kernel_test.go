package offload_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// flowCases are flows that become one output each.
var flowCases = []struct {
	name              string
	version, protocol uint8
}{
	{"udp4", 4, unix.IPPROTO_UDP},
	{"udp6", 6, unix.IPPROTO_UDP},
	{"tcp4", 4, unix.IPPROTO_TCP},
	{"tcp6", 6, unix.IPPROTO_TCP},
}

// form is a way to lay out an output.
type form struct {
	name          string
	payload, room int // of each packet, and behind it
}

func forms(n int) []form {
	const headers = 60
	return []form{
		{"copied", 36, 36 * n},
		{"gathered", min((65535-headers)/n, 1400), 0},
		{"both", 36, 36 * n / 2},
	}
}

// TestCoalesceAgainstKernel writes outputs to one device and reads what the kernel,
// having routed them, segments for another one without offloads: the packets that were
// coalesced.
func TestCoalesceAgainstKernel(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: creates TUN devices in a network namespace")
	}
	in, out := routedDevices(t, tun.OffloadNone)
	for _, tc := range flowCases {
		for _, n := range []int{2, 64, 128} {
			for _, f := range forms(n) {
				t.Run(fmt.Sprintf("%s/%d/%s", tc.name, n, f.name), func(t *testing.T) {
					frames := offload.Flow(tc.version, tc.protocol, n, f.payload, f.payload-1, f.room)
					want := cloned(frames)
					drain(out)
					writeCoalesced(t, in, frames)
					for i := range want {
						forwarded(want[i][offload.VnetHdrLen:])
						if diff := cmp.Diff(want[i], readFrame(t, out, want[i])); diff != "" {
							t.Fatalf("packet %d of %d (-sent +arrived):\n%s", i, n, diff)
						}
					}
				})
			}
		}
	}
}

// forwarded does to a packet what a router does.
func forwarded(packet []byte) {
	hop(packet)
	if packet[0]>>4 == 4 {
		packet[10], packet[11] = 0, 0
		sum := ^offload.Sum(packet[:20], 0)
		packet[10], packet[11] = byte(sum>>8), byte(sum)
	}
}

func cloned(frames [][]byte) [][]byte {
	var clones [][]byte
	for _, f := range frames {
		clones = append(clones, bytes.Clone(f))
	}
	return clones
}

// writeCoalesced coalesces the frames into one output and writes it.
func writeCoalesced(t *testing.T, q *tun.Queue, frames [][]byte) {
	t.Helper()
	c := offload.NewCoalescer(offload.CoalesceConfig{
		MaxPackets: len(frames), VnetHdrLen: offload.VnetHdrLen, MaxSegments: len(frames),
	})
	for _, f := range frames {
		c.Add(f)
	}
	outs := c.Flush()
	if len(outs) != 1 || outs[0].Segments != len(frames) {
		t.Fatalf("%d outputs, want 1 of %d segments: %+v", len(outs), len(frames), outs)
	}
	_, errno := q.Writev(outs[0].Iovs)
	if errno == syscall.EINVAL && len(frames) > offload.DefaultMaxSegments {
		t.Skipf("this kernel takes no %d segments", len(frames))
	}
	if errno != 0 {
		t.Fatalf("write output of %d vectors: %v", len(outs[0].Iovs), errno)
	}
}

// TestCoalesceReachesSocket writes outputs to a device that has the packets' destination
// for an address: a socket that knows nothing of superpackets receives each datagram.
func TestCoalesceReachesSocket(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: creates a TUN device in a network namespace")
	}
	queue, listen := deviceWithSockets(t)
	for _, tc := range flowCases[:2] {
		for _, n := range []int{2, 64, 128} {
			for _, f := range forms(n) {
				t.Run(fmt.Sprintf("%s/%d/%s", tc.name, n, f.name), func(t *testing.T) {
					conn := listen(t, tc.version)
					frames := offload.Flow(tc.version, tc.protocol, n, f.payload, f.payload-1, f.room)
					want := cloned(frames)
					headers := len(want[0]) - f.payload
					writeCoalesced(t, queue, frames)
					buf := make([]byte, 1<<16)
					for i := range want {
						got, err := conn.Read(buf)
						if err != nil {
							t.Fatalf("datagram %d of %d: %v", i, n, err)
						}
						if diff := cmp.Diff(want[i][headers:], buf[:got]); diff != "" {
							t.Fatalf("datagram %d of %d (-sent +arrived):\n%s", i, n, diff)
						}
					}
				})
			}
		}
	}
}

// deviceWithSockets returns the queue of a TUN device that has the addresses which the
// flows go to, and what makes a socket on one of them.
func deviceWithSockets(t *testing.T) (*tun.Queue, func(*testing.T, uint8) *net.UDPConn) {
	t.Helper()
	path := namespace(t)
	dev, err := tun.Open(tun.Config{NetNS: path, Name: "in", Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: tun.OffloadAll, Up: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	addrs := map[uint8]string{4: "10.200.201.202", 6: "fd00::cd02"}
	if err := tun.InNamespace(path, func() error {
		link, err := netlink.LinkByName("in")
		if err != nil {
			return err
		}
		for _, addr := range []string{addrs[4] + "/8", addrs[6] + "/16"} {
			a, err := netlink.ParseAddr(addr)
			if err != nil {
				return err
			}
			a.Flags = unix.IFA_F_NODAD
			if err := netlink.AddrAdd(link, a); err != nil {
				return fmt.Errorf("add address %s: %w", addr, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return dev.Queues()[0], func(t *testing.T, version uint8) *net.UDPConn {
		t.Helper()
		var conn *net.UDPConn
		if err := tun.InNamespace(path, func() (err error) {
			conn, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(addrs[version]), Port: 53})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

// namespace makes one without a name, and returns a path to it that is valid until the
// test ends.
func namespace(t *testing.T) string {
	t.Helper()
	var ns *os.File
	if err := tun.InNewNamespace(func() (err error) {
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	return fmt.Sprintf("/proc/self/fd/%d", ns.Fd())
}
