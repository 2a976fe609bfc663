package offload_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// patience is how long a test waits for what must arrive: far longer than on the slowest
// machine.
const patience = 5 * time.Minute

// TestSegmentAgainstKernel writes superpackets to one device and reads what the
// kernel, having routed them, segments for another one without offloads.
func TestSegmentAgainstKernel(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: creates TUN devices in a network namespace")
	}
	for _, tc := range []struct {
		name    string
		offload tun.Offload
		mode    offload.ChecksumMode
	}{
		{"full checksum", tun.OffloadNone, offload.FullChecksum},
		{"partial checksum", tun.OffloadCsum, offload.PartialChecksum},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in, out := routedDevices(t, tc.offload)
			for _, sp := range offload.Superpackets() {
				if sp.L3 != 0 {
					continue // a TUN device has no Ethernet
				}
				t.Run(sp.Name, func(t *testing.T) {
					hop(sp.Packet)
					want := wireFrames(t, sp, tc.mode)
					unhop(sp.Packet)
					drain(out)
					write(t, in, sp)
					for i := range want {
						if diff := cmp.Diff(want[i], readFrame(t, out, want[i])); diff != "" {
							t.Fatalf("segment %d of %d (-ours +the kernel's):\n%s", i, len(want), diff)
						}
					}
				})
			}
		})
	}
}

// routedDevices returns the queues of two TUN devices in a new namespace that
// routes from the first to the second one.
func routedDevices(t *testing.T, outOffload tun.Offload) (in, out *tun.Queue) {
	t.Helper()
	var ns *os.File
	if err := tun.InNewNamespace(func() (err error) {
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	path := fmt.Sprintf("/proc/self/fd/%d", ns.Fd())
	if err := tun.InNamespace(path, func() error {
		for name, value := range map[string]string{
			"ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1",
			"ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0",
		} {
			if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	open := func(name string, mask tun.Offload) *tun.Queue {
		dev, err := tun.Open(tun.Config{NetNS: path, Name: name, Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: mask, Up: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dev.Close() })
		return dev.Queues()[0]
	}
	in, out = open("in", tun.OffloadAll), open("out", outOffload)
	if err := tun.InNamespace(path, func() error {
		link, err := netlink.LinkByName("out")
		if err != nil {
			return err
		}
		for _, to := range []string{"10.200.0.0/16", "fd00::cd00/120"} {
			_, dst, err := net.ParseCIDR(to)
			if err != nil {
				return err
			}
			if err := netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst, Scope: netlink.SCOPE_LINK}); err != nil {
				return fmt.Errorf("route %s: %w", to, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return in, out
}

// hop takes one off the time to live, as a router does. An IPv4 header checksum
// is left as it was: every segment gets one of its own.
func hop(packet []byte) { changeHops(packet, -1) }

func unhop(packet []byte) { changeHops(packet, 1) }

func changeHops(packet []byte, by int8) {
	packet[hopPos(packet)] += byte(by)
	if packet[0]>>4 == 4 {
		header := packet[:4*int(packet[0]&15)]
		binary.BigEndian.PutUint16(header[10:], 0)
		binary.BigEndian.PutUint16(header[10:], ^offload.Sum(header, 0))
	}
}

func hopPos(packet []byte) int {
	if packet[0]>>4 == 4 {
		return 8
	}
	return 7
}

// wireFrames returns our segments, each behind its vnet header.
func wireFrames(t *testing.T, sp offload.Superpacket, mode offload.ChecksumMode) [][]byte {
	t.Helper()
	var s offload.Segmenter
	if f := s.Reset(sp.Hdr, sp.Packet, 0, mode); f != offload.FaultNone {
		t.Fatal(f)
	}
	hdr := s.VnetHdr()
	var frames [][]byte
	for s.Left() > 0 {
		frame := make([]byte, offload.VnetHdrLen+offload.MaxHeaderLen)
		if err := hdr.Encode(frame); err != nil {
			t.Fatal(err)
		}
		n, payload, _ := s.Next(frame[offload.VnetHdrLen:])
		frames = append(frames, append(frame[:offload.VnetHdrLen+n], payload...))
	}
	return frames
}

func write(t *testing.T, q *tun.Queue, sp offload.Superpacket) {
	t.Helper()
	frame := make([]byte, offload.VnetHdrLen, offload.VnetHdrLen+len(sp.Packet))
	if err := sp.Hdr.Encode(frame); err != nil {
		t.Fatal(err)
	}
	frame = append(frame, sp.Packet...)
	if _, errno := q.Writev(vector(frame)); errno != 0 {
		t.Fatalf("write superpacket: %v", errno)
	}
}

// readFrame returns the next packet of the flow that like belongs to.
func readFrame(t *testing.T, q *tun.Queue, like []byte) []byte {
	t.Helper()
	buf := make([]byte, 1<<16)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		n, errno := q.Readv(vector(buf))
		switch {
		case errno == unix.EAGAIN:
			fds := []unix.PollFd{{Fd: int32(q.FD()), Events: unix.POLLIN}}
			_, _ = unix.Poll(fds, 100)
		case errno != 0:
			t.Fatalf("read segment: %v", errno)
		case bytes.Equal(addresses(buf[:n]), addresses(like)):
			return buf[:n]
		}
	}
	t.Fatal("no segment came")
	return nil
}

// addresses returns the IP addresses: they tell our packets from what the kernel
// sends of its own accord.
func addresses(frame []byte) []byte {
	packet := frame[offload.VnetHdrLen:]
	if packet[0]>>4 == 4 {
		return packet[12:20]
	}
	return packet[8:40]
}

// drain reads what is left of a test that failed.
func drain(q *tun.Queue) {
	buf := make([]byte, 1<<16)
	for {
		if _, errno := q.Readv(vector(buf)); errno != 0 {
			return
		}
	}
}

func vector(b []byte) []unix.Iovec {
	v := unix.Iovec{Base: &b[0]}
	v.SetLen(len(b))
	return []unix.Iovec{v}
}
