package tun

import (
	"errors"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rename renames a device of the current namespace; it may fail.
func rename(c *control, from, to string) error {
	var ifr struct{ from, to [unix.IFNAMSIZ]byte }
	copy(ifr.from[:], from)
	copy(ifr.to[:], to)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(c.fd), unix.SIOCSIFNAME, uintptr(unsafe.Pointer(&ifr)))
	if errno != 0 {
		return errno
	}
	return nil
}

// TestOpenWhileRenamed opens a device that somebody renames all the time: all queues are of
// one device, and where it must exist none is made.
func TestOpenWhileRenamed(t *testing.T) {
	for name, mustExist := range map[string]bool{"attach": true, "attach or create": false} {
		t.Run(name, func(t *testing.T) {
			inTestNamespace(t, func() error {
				persistent(t, "tb0", TUN.flag()|manyQueues|unix.IFF_NO_PI)
				c, original := controlOf(t, "tb0")
				var stop atomic.Bool
				stopped := make(chan struct{})
				go func() {
					defer close(stopped)
					for !stop.Load() {
						_ = rename(c, "tb0", "x0")
						runtime.Gosched()
						_ = rename(c, "x0", "tb0")
						runtime.Gosched()
					}
				}()
				opened := 0
				for tries := 0; opened < 20 && tries < 100_000; tries++ {
					dev, err := Open(Config{Name: "tb0", Kind: TUN, Queues: 8, VnetHdr: true, MustExist: mustExist})
					if err != nil {
						if !errors.Is(err, ErrNotExist) && !errors.Is(err, ErrUnsteady) {
							t.Errorf("error of another kind: %v", err)
						}
						continue
					}
					opened++
					info, err := dev.control.link(dev.IfIndex())
					if err != nil || info.queues != 8 {
						t.Errorf("device %v has %d of 8 queues, %v", dev.Name(), info.queues, err)
					}
					if mustExist && (dev.IfIndex() != original || dev.Created()) {
						t.Errorf("a device was made (index %d, not %d)", dev.IfIndex(), original)
					}
					if !dev.Created() && dev.IfIndex() != original {
						t.Errorf("attached to device %d, and there was only %d", dev.IfIndex(), original)
					}
					if err := dev.Close(); err != nil {
						t.Error(err)
					}
				}
				stop.Store(true)
				<-stopped
				if opened == 0 {
					t.Error("it never opened")
				}
				links, err := net.Interfaces()
				if err != nil {
					return err
				}
				if len(links) != 2 {
					t.Errorf("left behind: %v", links)
				}
				return nil
			})
		})
	}
}

func TestLookupKnowsTheDevice(t *testing.T) {
	inTestNamespace(t, func() error {
		dev, err := Open(Config{Kind: TUN, Queues: 1, Name: "tb0"})
		if err != nil {
			return err
		}
		defer dev.Close()
		second, err := Open(Config{Kind: TUN, Queues: 1, Name: "tb1"})
		if err != nil {
			return err
		}
		defer second.Close()
		for path, want := range map[string]bool{"": true, "/proc/thread-self/ns/net": true, "/proc/self/../thread-self/ns/net": true, "/proc/1/ns/net": false} {
			id, err := Lookup(path, "tb0")
			if want != (err == nil && id == dev.ID() && id.Known()) {
				t.Errorf("%q: %v, %v; the device is %v", path, id, err, dev.ID())
			}
		}
		if dev.ID() == second.ID() {
			t.Error("two devices are one")
		}
		return nil
	})
}

// TestOpenNamesWhatItCannotOpen: the text says which device, what is wrong and what to do.
func TestOpenNamesWhatItCannotOpen(t *testing.T) {
	inTestNamespace(t, func() error {
		persistent(t, "single", TUN.flag()|unix.IFF_NO_PI)
		persistent(t, "ether", TAP.flag()|manyQueues|unix.IFF_NO_PI)
		const here = "/proc/thread-self/ns/net"
		for _, tc := range []struct {
			netns, name string
			want        error
			says        string
		}{
			{"", "all", ErrName, "all"},
			{"", "default", ErrName, "default"},
			{"", "%s", ErrName, "%s"},
			{"", "t%", ErrName, "t%"},
			{"", "tun%d%d", ErrName, "tun%d%d"},
			{"", "a\x1b[2J", nil, `"a\x1b[2J"`},
			{"", "lo", ErrMismatch, "not a tun device"},
			{"", "ether", ErrMismatch, "other kind"},
			{here, "single", ErrMismatch, "ip tuntap add single mode tun multi_queue"},
			{here, "single", ErrMismatch, "thread-self/ns/net:single"},
			{"/etc/passwd", "tb0", ErrNotNamespace, "/etc/passwd"},
		} {
			dev, err := Open(Config{NetNS: tc.netns, Name: tc.name, Kind: TUN, Queues: 1})
			if err == nil {
				defer dev.Close()
				if got := dev.String(); tc.want != nil || got != tc.says {
					t.Errorf("%q opened as %s", tc.name, got)
				}
				continue
			}
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%q: %v; want %v with %q", tc.name, err, tc.want, tc.says)
			}
		}
		return nil
	})
}
