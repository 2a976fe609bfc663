package tun

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestNAPINames(t *testing.T) {
	for _, n := range []NAPI{NAPIOff, NAPIOn, NAPIThreaded} {
		if got, err := ParseNAPI(n.String()); got != n || err != nil {
			t.Errorf("ParseNAPI(%q) = %v, %v", n, got, err)
		}
	}
	if _, err := ParseNAPI("siesta"); err == nil {
		t.Error("NAPI siesta: accepted")
	}
}

func TestNAPI(t *testing.T) {
	for _, kind := range []Kind{TUN, TAP} {
		for _, tc := range []struct {
			napi           NAPI
			flag, threaded bool
		}{{NAPIOff, false, false}, {NAPIOn, true, false}, {NAPIThreaded, true, true}} {
			t.Run(fmt.Sprintf("%v/%v", kind, tc.napi), func(t *testing.T) {
				before := openFDs(t)
				inTestNamespace(t, func() error {
					dev, err := Open(Config{Kind: kind, Queues: 3, NAPI: tc.napi, Up: true})
					if err != nil {
						return err
					}
					defer dev.Close()
					checkNAPI(t, dev, tc.flag, tc.threaded)
					checkDelivers(t, dev)
					return dev.Close()
				})
				if after := openFDs(t); after != before {
					t.Errorf("%d fds before, %d after", before, after)
				}
			})
		}
	}
}

// checkNAPI asks the driver and the network stack what they took of it.
func checkNAPI(t *testing.T, dev *Device, flag, threaded bool) {
	t.Helper()
	ifr, err := unix.NewIfreq("")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(dev.Queues()[0].FD(), unix.TUNGETIFF, ifr); err != nil {
		t.Fatal(err)
	}
	if got := ifr.Uint16()&unix.IFF_NAPI != 0; got != flag {
		t.Errorf("IFF_NAPI = %v, want %v", got, flag)
	}
	err = inSysfs(func(root int) error {
		text, err := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d/class/net/%s/threaded", root, dev.Name()))
		if got := strings.TrimSpace(string(text)) == "1"; got != threaded {
			t.Errorf("threaded reads %q, want %v", text, threaded)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// checkDelivers writes a packet through each queue and expects the stack to have it.
func checkDelivers(t *testing.T, dev *Device) {
	t.Helper()
	socket := listenPackets(t, dev.Name())
	defer unix.Close(socket)
	for i, q := range dev.Queues() {
		packet := []byte{
			0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, unix.IPPROTO_UDP, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1,
			0, 9, 0, 9, 0, 12, 0, 0, 'n', 'a', 'p', byte(i),
		}
		frame := packet
		if dev.Kind() == TAP {
			frame = slices.Concat([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0}, packet)
		}
		iov := []unix.Iovec{{Base: &frame[0]}}
		iov[0].SetLen(len(frame))
		if _, errno := q.Writev(iov); errno != 0 {
			t.Fatal(os.NewSyscallError("write", errno))
		}
		buf := make([]byte, 100)
		n, err := unix.Read(socket, buf)
		if err != nil {
			t.Fatalf("queue %d: nothing came through: %v", i, err)
		}
		if diff := cmp.Diff(packet, buf[:n]); diff != "" {
			t.Errorf("queue %d (-written +received):\n%s", i, diff)
		}
	}
}

// listenPackets returns a packet socket that receives the IPv4 packets of the device and
// gives up after some seconds.
func listenPackets(t *testing.T, device string) (fd int) {
	t.Helper()
	link, err := net.InterfaceByName(device)
	if err != nil {
		t.Fatal(err)
	}
	if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	ipv4 := binary.NativeEndian.Uint16([]byte{unix.ETH_P_IP >> 8, unix.ETH_P_IP & 0xff})
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: link.Index, Protocol: ipv4}); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		t.Fatal(err)
	}
	return fd
}
