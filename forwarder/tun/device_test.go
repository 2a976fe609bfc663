package tun

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inTestNamespace runs f as root in a namespace without a name, and fails the
// test, rather than skip it, when root cannot have one.
func inTestNamespace(t *testing.T, f func() error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	if err := InNewNamespace(f); err != nil {
		t.Fatal(err)
	}
}

// openFDs counts this process's file descriptors.
func openFDs(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestOpen(t *testing.T) {
	for _, tc := range []struct {
		cfg         Config
		wantOffload Offload
	}{
		{Config{Kind: TUN, Queues: 1}, OffloadNone},
		{Config{Kind: TUN, Queues: 4, VnetHdr: true}, OffloadNone},
		{Config{Kind: TUN, Queues: 2, VnetHdr: true, Offload: OffloadCsum}, OffloadCsum},
		{Config{Kind: TUN, Queues: 2, VnetHdr: true, Offload: OffloadTSO, MTU: 9000, TxQueueLen: 123}, OffloadTSO},
		{Config{Kind: TAP, Queues: 2, VnetHdr: true, Offload: OffloadUSO}, OffloadUSO},
		{Config{Kind: TAP, Queues: MaxQueues, VnetHdr: true, Offload: OffloadAll, Name: "many%d"}, OffloadAll},
		{Config{Kind: TUN, Queues: 1, VnetHdr: true, Offload: OffloadAll, MTU: 65535}, OffloadAll},
		{Config{Kind: TUN, Queues: MaxQueues, VnetHdr: true, Offload: OffloadAll, Up: true}, OffloadAll},
	} {
		t.Run(fmt.Sprintf("%v-q%d-%v", tc.cfg.Kind, tc.cfg.Queues, tc.cfg.Offload), func(t *testing.T) {
			before := openFDs(t)
			inTestNamespace(t, func() error {
				dev, err := Open(tc.cfg)
				if err != nil {
					return err
				}
				defer dev.Close()
				if !dev.Created() || dev.Offload() != tc.wantOffload || len(dev.Queues()) != tc.cfg.Queues {
					t.Errorf("got created %v, offload %v, %d queues", dev.Created(), dev.Offload(), len(dev.Queues()))
				}
				checkQueues(t, dev)
				checkLinkInt(t, dev.Name(), "mtu", unix.SIOCGIFMTU, tc.cfg.MTU)
				checkLinkInt(t, dev.Name(), "txqueuelen", unix.SIOCGIFTXQLEN, tc.cfg.TxQueueLen)
				return dev.Close()
			})
			if after := openFDs(t); after != before {
				t.Errorf("%d fds before, %d after", before, after)
			}
		})
	}
}

// checkQueues compares what the queues say of themselves with what the kernel does.
func checkQueues(t *testing.T, dev *Device) {
	t.Helper()
	for _, q := range dev.Queues() {
		length := 0
		if dev.VnetHdrLen() > 0 {
			var err error
			if length, err = unix.IoctlGetInt(q.FD(), unix.TUNGETVNETHDRSZ); err != nil {
				t.Fatal(err)
			}
		}
		if q.VnetHdrLen() != length || dev.VnetHdrLen() != length {
			t.Errorf("%v: vnet header of %d bytes, device's %d, kernel's %d", q, q.VnetHdrLen(), dev.VnetHdrLen(), length)
		}
		if q.Ethernet() != (dev.Kind() == TAP) {
			t.Errorf("%v of a %v device: Ethernet = %v", q, dev.Kind(), q.Ethernet())
		}
	}
}

func checkLinkInt(t *testing.T, name, what string, request uint, want int) {
	t.Helper()
	if want == 0 {
		return
	}
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(c.fd, request, ifr); err != nil {
		t.Fatal(err)
	}
	if got := int(ifr.Uint32()); got != want {
		t.Errorf("%s = %d, want %d", what, got, want)
	}
}

func TestOpenRejectsConfig(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no kind":              {Queues: 1},
		"no queue":             {Kind: TUN},
		"too many queues":      {Kind: TUN, Queues: MaxQueues + 1},
		"name with a space":    {Kind: TUN, Queues: 1, Name: "tun 0"},
		"name with a slash":    {Kind: TUN, Queues: 1, Name: "tun/0"},
		"long name":            {Kind: TUN, Queues: 1, Name: "sixteen-bytes-00"},
		"offload without vnet": {Kind: TUN, Queues: 1, Offload: OffloadTSO},
		"unknown offload":      {Kind: TUN, Queues: 1, VnetHdr: true, Offload: 1 << 20},
		"tiny mtu":             {Kind: TUN, Queues: 1, MTU: 67},
		"huge tap mtu":         {Kind: TAP, Queues: 1, MTU: 65535},
		"negative queue len":   {Kind: TUN, Queues: 1, TxQueueLen: -1},
		"nameless attach":      {Kind: TUN, Queues: 1, MustExist: true},
		"no such namespace":    {Kind: TUN, Queues: 1, NetNS: "/run/netns/surely-not-there"},
	} {
		t.Run(name, func(t *testing.T) {
			dev, err := Open(cfg)
			if err == nil {
				dev.Close()
				t.Fatal("opened")
			}
		})
	}
}

// TestOpenFailureLeaksNothing lets each step of Open fail in turn.
func TestOpenFailureLeaksNothing(t *testing.T) {
	base := Config{Kind: TUN, Queues: 2, VnetHdr: true, Offload: OffloadAll, Name: "tb0"}
	for _, tc := range []struct {
		name  string
		cfg   func(Config) Config
		setup func(t *testing.T) (undo func())
		want  error
	}{
		{
			"no such device", func(c Config) Config { c.MustExist = true; return c },
			func(*testing.T) func() { return func() {} }, ErrNotExist,
		},
		{
			"the other kind", func(c Config) Config { return c },
			func(t *testing.T) func() { return occupy(t, Config{Kind: TAP, Queues: 1, Name: "tb0"}) }, ErrMismatch,
		},
		{
			"too many queues in all", func(c Config) Config { c.Queues = MaxQueues; return c },
			func(t *testing.T) func() { return occupy(t, Config{Kind: TUN, Queues: 1, VnetHdr: true, Name: "tb0"}) }, unix.E2BIG,
		},
		{
			"no fd left for the second queue", func(c Config) Config { c.Queues = 200; return c },
			func(t *testing.T) func() { return limitFDs(t, 40) }, unix.EMFILE,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := openFDs(t)
			inTestNamespace(t, func() error {
				defer tc.setup(t)()
				dev, err := Open(tc.cfg(base))
				if err == nil {
					dev.Close()
				}
				if !errors.Is(err, tc.want) {
					t.Errorf("Open: got %v, want %v", err, tc.want)
				}
				return nil
			})
			if after := openFDs(t); after != before {
				t.Errorf("%d fds before, %d after", before, after)
			}
		})
	}
}

func occupy(t *testing.T, cfg Config) (undo func()) {
	dev, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return func() { dev.Close() }
}

func limitFDs(t *testing.T, more int) (undo func()) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: uint64(openFDs(t) + more), Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	return func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &old) }
}

func TestOpenInNamespaceByPath(t *testing.T) {
	inTestNamespace(t, func() error {
		path := filepath.Join("/proc/self/task", fmt.Sprint(unix.Gettid()), "ns/net")
		dev, err := Open(Config{NetNS: path, Kind: TUN, Queues: 1, Name: "tb0"})
		if err != nil {
			return err
		}
		defer dev.Close()
		if id, err := Lookup("", "tb0"); err != nil || id != dev.ID() {
			t.Errorf("the device %v is not in the namespace that was named: %v, %v", dev.ID(), id, err)
		}
		return nil
	})
}

func TestReadvWritev(t *testing.T) {
	inTestNamespace(t, func() error {
		dev, err := Open(Config{Kind: TUN, Queues: 1, VnetHdr: true, Up: true})
		if err != nil {
			return err
		}
		defer dev.Close()
		q := dev.Queues()[0]
		iov := make([]unix.Iovec, 2)
		hdr, pkt := make([]byte, q.VnetHdrLen()), make([]byte, 100)
		pkt[0] = 0x45
		for i, b := range [][]byte{hdr, pkt} {
			iov[i].Base = &b[0]
			iov[i].SetLen(len(b))
		}
		// The device may already hold a router solicitation of its own.
		var errno syscall.Errno
		for errno == 0 {
			_, errno = q.Readv(iov)
		}
		if errno != unix.EAGAIN {
			t.Errorf("Readv of an empty queue: %v", errno)
		}
		if n, errno := q.Writev(iov); errno != 0 || n != len(hdr)+len(pkt) {
			t.Errorf("Writev = %d, %v; want %d bytes", n, errno, len(hdr)+len(pkt))
		}
		return nil
	})
}

func TestProbe(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	features, err := Probe()
	if err != nil {
		t.Fatal(err)
	}
	supported := map[string]bool{}
	for _, f := range features {
		supported[f.Name] = f.Supported
	}
	for _, must := range []string{"IFF_MULTI_QUEUE", "IFF_VNET_HDR", "TUN_F_CSUM", "TUNSETSTEERINGEBPF"} {
		if !supported[must] {
			t.Errorf("%s: not supported, but every kernel that runs these tests has it", must)
		}
	}
}
