package wgtun

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	fork "github.com/tailscale/wireguard-go/tun"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	wireguard "golang.zx2c4.com/wireguard/tun"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// arm is a device as either module's or this package's.
type arm struct {
	name  string
	read  func() ([][]byte, error) // of a BatchSize or less
	write func(bufs [][]byte, offset int) (int, error)
	close func() error
}

// newArms opens devices of all kinds in the current namespace.
func newArms(t *testing.T) (arms []arm) {
	t.Helper()
	single := func(name string, d wireguard.Device, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		bufs, sizes := make([][]byte, d.BatchSize()), make([]int, d.BatchSize())
		for i := range bufs {
			bufs[i] = make([]byte, 65535)
		}
		arms = append(arms, arm{name, func() (packets [][]byte, err error) {
			n, err := d.Read(bufs, sizes, headroom)
			for i := range n {
				packets = append(packets, append([]byte(nil), bufs[i][headroom:][:sizes[i]]...))
			}
			return packets, err
		}, d.Write, d.Close})
		go func() {
			for range d.Events() {
			}
		}()
	}
	multi := func(name string, d fork.Device, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		memory, metas := make([]byte, 2*65535), make([]fork.ReadPacket, d.BatchSize())
		arms = append(arms, arm{name, func() (packets [][]byte, err error) {
			n, err := d.Read(memory, metas)
			for _, m := range metas[:n] {
				packets = append(packets, append([]byte(nil), memory[m.Offset:][:m.Size]...))
			}
			return packets, err
		}, d.Write, d.Close})
		go func() {
			for range d.Events() {
			}
		}()
	}
	own, err := wireguard.CreateTUN("own", DefaultMTU)
	single("own", own, err)
	forks, err := fork.CreateTUN("fork", DefaultMTU)
	multi("fork", forks, err)
	ours, err := Open(Config{Name: "ours"})
	single("ours", ours, err)
	many, err := OpenMultiQueue(Config{Name: "many"})
	multi("many", many, err)
	return arms
}

// router makes the current namespace forward, from a device that the test reads and writes itself.
func router(t *testing.T, mask tun.Offload) *tun.Device {
	t.Helper()
	d, err := tun.Open(tun.Config{Name: "raw", Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: mask, MTU: 65535, TxQueueLen: 10000, Up: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"ipv4/ip_forward", "ipv6/conf/all/forwarding"} {
		if err := os.WriteFile("/proc/sys/net/"+path, []byte("1"), 0); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// routeTo sends what is for 10.9.0.host and fd00::host to a device.
func routeTo(t *testing.T, device string, host byte) {
	t.Helper()
	l, err := netlink.LinkByName(device)
	if err != nil {
		t.Fatal(err)
	}
	v4 := &net.IPNet{IP: net.IPv4(10, 9, 0, host), Mask: net.CIDRMask(32, 32)}
	v6 := &net.IPNet{IP: net.IP{0xfd, 15: host}, Mask: net.CIDRMask(128, 128)}
	err = netlink.LinkSetUp(l)
	for _, to := range []*net.IPNet{v4, v6} {
		err = errors.Join(err, netlink.RouteReplace(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: to, Scope: netlink.SCOPE_LINK}))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// hopped is a packet behind a router.
func hopped(packet []byte) []byte {
	p := append([]byte(nil), packet...)
	if p[0]>>4 == 6 {
		p[7]--
		return p
	}
	p[8]--
	binary.BigEndian.PutUint16(p[10:], 0)
	binary.BigEndian.PutUint16(p[10:], ^offload.Sum(p[:20], 0))
	return p
}

// ofFlows leaves out what the kernel sends by itself.
func ofFlows(packets [][]byte) (ours [][]byte) {
	for _, p := range packets {
		var h offload.Headers
		if h.Parse(p, 0) == offload.FaultNone && h.L4+4 <= len(p) && binary.BigEndian.Uint16(p[h.L4+2:]) == 9 {
			ours = append(ours, p)
		}
	}
	return ours
}

// inNetwork runs f as root in a namespace of its own.
func inNetwork(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	err := tun.InNewNamespace(func() error {
		defer runtime.KeepAlive(t)
		f()
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestReadsWhatTheModulesRead: the kernel sends the same packets into the modules' own devices and into
// ours, and both give the same.
func TestReadsWhatTheModulesRead(t *testing.T) {
	frames, packets := mixture()
	var want [][]byte
	for _, p := range packets {
		want = append(want, hopped(p))
	}
	inNetwork(t, func() {
		raw := router(t, tun.OffloadAll)
		defer raw.Close()
		for _, a := range newArms(t) {
			defer a.close()
			routeTo(t, a.name, 2)
			for _, frame := range frames {
				if _, err := unix.Write(raw.Queues()[0].FD(), frame); err != nil {
					t.Fatal(err)
				}
			}
			// Close ends a Read that waits in vain.
			late := time.AfterFunc(time.Minute, func() { a.close() })
			var got [][]byte
			for len(got) < len(want) {
				more, err := a.read()
				if err != nil {
					t.Fatalf("%s: %v after %d packets of %d", a.name, err, len(got), len(want))
				}
				got = append(got, ofFlows(more)...)
			}
			late.Stop()
			same(t, got, want)
		}
	})
}

// TestWritesWhatTheModulesWrite: what is written to the modules' own devices and to ours comes out of the
// kernel's router as the same packets.
func TestWritesWhatTheModulesWrite(t *testing.T) {
	_, packets := mixture()
	packets = packets[:1000]
	var want [][]byte
	for _, p := range packets {
		want = append(want, hopped(p))
	}
	inNetwork(t, func() {
		raw := router(t, tun.OffloadNone)
		defer raw.Close()
		routeTo(t, "raw", 2)
		for _, a := range newArms(t) {
			defer a.close()
			routeTo(t, a.name, 1)
			for from := 0; from < len(packets); from += BatchSize {
				var bufs [][]byte
				for _, p := range packets[from:min(from+BatchSize, len(packets))] {
					bufs = append(bufs, append(make([]byte, headroom, 65535), p...))
				}
				if _, err := a.write(bufs, headroom); err != nil {
					t.Fatalf("%s: %v", a.name, err)
				}
			}
			var got [][]byte
			buf := make([]byte, frameLen)
			for {
				n, err := unix.Read(raw.Queues()[0].FD(), buf)
				if errors.Is(err, unix.EAGAIN) {
					break // a write is forwarded before it returns
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, segments(buf[:n])...)
			}
			t.Log(a.name)
			sameFlows(t, ofFlows(got), want)
		}
	})
}
