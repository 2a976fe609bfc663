package tun

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// foreignQueue is a queue of the device that another program opened, as far as the kernel
// can tell. The test closes it.
func foreignQueue(t *testing.T, name string, flags uint16) (fd int, done func()) {
	t.Helper()
	fd, err := openQueue(func(fd int) error { return setIff(fd, name, flags) })
	if err != nil {
		t.Fatal(err)
	}
	done = sync.OnceFunc(func() {
		if err := unix.Close(fd); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(done)
	return fd, done
}

// persistent makes a device that stays until its namespace ends, and nobody has open.
func persistent(t *testing.T, name string, flags uint16) {
	t.Helper()
	fd, done := foreignQueue(t, name, flags)
	defer done()
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		t.Fatal(err)
	}
}

// controlOf asks the kernel about a device by its index, until the test ends.
func controlOf(t *testing.T, name string) (c *control, index int) {
	t.Helper()
	c, err := openControl()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close() })
	if index, err = c.index(name); err != nil {
		t.Fatal(err)
	}
	return c, index
}

const manyQueues = unix.IFF_MULTI_QUEUE

// TestOpenRefusesForeignFlags: the flags of the first queue hold for all that come later,
// also while that one is detached.
func TestOpenRefusesForeignFlags(t *testing.T) {
	for name, tc := range map[string]struct {
		kind    Kind
		foreign uint16
		vnetHdr bool
		says    string // empty: it opens
	}{
		"no vnet header there":  {TUN, unix.IFF_NO_PI, true, "without a vnet header"},
		"no vnet header on tap": {TAP, unix.IFF_NO_PI, true, "without a vnet header"},
		"vnet header there":     {TUN, unix.IFF_NO_PI | unix.IFF_VNET_HDR, false, "with a vnet header"},
		"packet information":    {TUN, unix.IFF_VNET_HDR, true, "IFF_NO_PI"},
		"packet info on tap":    {TAP, 0, false, "IFF_NO_PI"},
		"the same flags":        {TUN, unix.IFF_NO_PI | unix.IFF_VNET_HDR, true, ""},
	} {
		for _, detached := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				inTestNamespace(t, func() error {
					fd, _ := foreignQueue(t, "tb0", tc.kind.flag()|manyQueues|tc.foreign)
					if detached {
						ifr, _ := unix.NewIfreq("")
						ifr.SetUint16(unix.IFF_DETACH_QUEUE)
						if err := unix.IoctlIfreq(fd, unix.TUNSETQUEUE, ifr); err != nil {
							t.Fatal(err)
						}
					}
					dev, err := Open(Config{Name: "tb0", Kind: tc.kind, Queues: 2, VnetHdr: tc.vnetHdr, MustExist: true})
					if err == nil {
						defer dev.Close()
					}
					switch {
					case tc.says == "" && err != nil:
						t.Errorf("refused: %v", err)
					case tc.says == "":
						want := 1
						if detached {
							want = 0 // it takes no packets
						}
						if others, err := dev.Others(); others != want || err != nil {
							t.Errorf("%d queues of others that take packets, %v; want %d", others, err, want)
						}
					case !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), "end the program"):
						t.Errorf("got %v, want a refusal that says %q and what to do", err, tc.says)
					}
					return nil
				})
			})
		}
	}
}

// TestOpenWaitsForWhoHasEnded: the queues of a killed program outlive it for a moment.
func TestOpenWaitsForWhoHasEnded(t *testing.T) {
	for name, flags := range map[string]uint16{"same flags": unix.IFF_NO_PI | unix.IFF_VNET_HDR, "other flags": 0} {
		t.Run(name, func(t *testing.T) {
			inTestNamespace(t, func() error {
				persistent(t, "tb0", TUN.flag()|manyQueues|flags)
				_, done := foreignQueue(t, "tb0", TUN.flag()|manyQueues|flags)
				c, index := controlOf(t, "tb0")
				go func() {
					for {
						if info, err := c.link(index); err != nil || info.queues == 2 {
							done()
							return
						}
					}
				}()
				dev, err := open(Config{Name: "tb0", Kind: TUN, Queues: 2, VnetHdr: true, MustExist: true}, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				defer dev.Close()
				if info, err := c.link(index); err != nil || !info.vnetHdr || info.packetInfo || info.queues != 2 || dev.others != 0 {
					t.Errorf("the device is %+v, %v, with %d queues of others", info, err, dev.others)
				}
				return nil
			})
		})
	}
}

// TestCheckSeesAnotherHeader: any queue can change the length of the vnet header for all.
func TestCheckSeesAnotherHeader(t *testing.T) {
	inTestNamespace(t, func() error {
		dev, err := Open(Config{Name: "tb0", Kind: TUN, Queues: 2, VnetHdr: true, Offload: OffloadAll})
		if err != nil {
			return err
		}
		defer dev.Close()
		other, _ := foreignQueue(t, "tb0", TUN.flag()|manyQueues|unix.IFF_NO_PI|unix.IFF_VNET_HDR)
		if err := dev.Check(); err != nil {
			t.Errorf("nothing was changed: %v", err)
		}
		if more, err := dev.OthersCame(); !more || err != nil {
			t.Errorf("OthersCame = %v, %v after one came", more, err)
		}
		if err := setVnetHdrLen(other, 12); err != nil {
			return err
		}
		if err := dev.Check(); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "TUNSETVNETHDRSZ") {
			t.Errorf("got %v, want ErrChanged", err)
		}
		return nil
	})
}

// TestCloseRestores: the next program finds the device as we found it.
func TestCloseRestores(t *testing.T) {
	for name, tc := range map[string]struct {
		kind   Kind
		before Offload
		hdrLen int
		ours   Offload
		fails  bool // Open does, after it has set the device
	}{
		"fresh tun":          {TUN, OffloadNone, 10, OffloadAll, false},
		"fresh tap, tunnels": {TAP, OffloadNone, 10, OffloadTunnel, false},
		"all before":         {TUN, OffloadAll, 12, OffloadNone, false},
		"csum before":        {TAP, OffloadCsum, 10, OffloadTSO, false},
		"tso before":         {TUN, OffloadTSO, 20, OffloadUSO, false},
		"uso before":         {TUN, OffloadUSO, 10, OffloadAll, false},
		"tunnels before":     {TAP, OffloadTunnel, 24, OffloadCsum, false},
		"a failed start":     {TUN, OffloadNone, 12, OffloadAll, true},
	} {
		t.Run(name, func(t *testing.T) {
			inTestNamespace(t, func() error {
				flags := tc.kind.flag() | manyQueues | unix.IFF_NO_PI | unix.IFF_VNET_HDR
				persistent(t, "tb0", flags)
				look := func() (offload Offload, hdrLen int) {
					c, err := openControl()
					if err != nil {
						t.Fatal(err)
					}
					defer c.close()
					if offload, err = c.activeOffload("tb0"); err != nil {
						t.Fatal(err)
					}
					fd, done := foreignQueue(t, "tb0", flags)
					defer done()
					if hdrLen, err = getVnetHdrLen(fd); err != nil {
						t.Fatal(err)
					}
					return offload, hdrLen
				}
				fd, done := foreignQueue(t, "tb0", flags)
				err := errors.Join(setVnetHdrLen(fd, tc.hdrLen), setOffload(fd, tc.before))
				if done(); err != nil {
					t.Skipf("this kernel does not know offload %v: %v", tc.before, err)
				}
				cfg := Config{Name: "tb0", Kind: tc.kind, Queues: 2, VnetHdr: true, Offload: tc.ours}
				if tc.fails {
					cfg.Queues = 200
					defer limitFDs(t, 40)()
				}
				dev, err := Open(cfg)
				switch {
				case tc.fails && err == nil:
					t.Error("it opened")
				case tc.fails:
				case err != nil:
					return err
				}
				if dev != nil {
					if offload, _ := dev.control.activeOffload("tb0"); offload != dev.Offload() {
						t.Errorf("offload %v is active, want ours, %v", offload, dev.Offload())
					}
					for range 2 {
						if err := dev.Close(); err != nil {
							t.Error(err)
						}
					}
				}
				if offload, hdrLen := look(); offload != tc.before || hdrLen != tc.hdrLen {
					t.Errorf("left with offload %v and a vnet header of %d bytes, want %v and %d", offload, hdrLen, tc.before, tc.hdrLen)
				}
				return nil
			})
		})
	}
}

// TestCloseRestoresLink: also the figures of the network device, but for what somebody has set since.
func TestCloseRestoresLink(t *testing.T) {
	inTestNamespace(t, func() error {
		persistent(t, "tb0", TUN.flag()|manyQueues|unix.IFF_NO_PI|unix.IFF_VNET_HDR)
		c, index := controlOf(t, "tb0")
		before, err := c.link(index)
		if err != nil {
			return err
		}
		for _, meanwhile := range []int{0, 1300} {
			dev, err := Open(Config{Name: "tb0", Kind: TUN, Queues: 2, VnetHdr: true, MTU: 1420, TxQueueLen: 77})
			if err != nil {
				return err
			}
			if info, err := c.link(index); err != nil || info.mtu != 1420 || info.txQueueLen != 77 {
				t.Errorf("%+v, %v, want an MTU of 1420 and a queue of 77", info, err)
			}
			want := before.mtu
			if meanwhile != 0 {
				if err := c.change(index, 0, 0, uint32Attr(unix.IFLA_MTU, uint32(meanwhile))); err != nil {
					t.Error(err)
				}
				want = meanwhile
			}
			if err := dev.Close(); err != nil {
				t.Error(err)
			}
			if info, err := c.link(index); err != nil || info.mtu != want || info.txQueueLen != before.txQueueLen {
				t.Errorf("%+v, %v, want an MTU of %d and a queue of %d", info, err, want, before.txQueueLen)
			}
		}
		return nil
	})
}

// TestCloseLeavesOthersAlone: who came after us may have set the device for itself.
func TestCloseLeavesOthersAlone(t *testing.T) {
	inTestNamespace(t, func() error {
		persistent(t, "tb0", TAP.flag()|manyQueues|unix.IFF_NO_PI|unix.IFF_VNET_HDR)
		cfg := Config{Name: "tb0", Kind: TAP, Queues: 2, VnetHdr: true, Offload: OffloadTunnel}
		first, err := Open(cfg)
		if err != nil {
			return err
		}
		defer first.Close()
		second, err := Open(cfg)
		if err != nil {
			return err
		}
		defer second.Close()
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		if err := second.Check(); err != nil {
			t.Errorf("the end of the first forwarder breaks the second: %v", err)
		}
		if offload, err := second.control.activeOffload("tb0"); offload != second.Offload() || err != nil {
			t.Errorf("offload %v, %v; want %v", offload, err, second.Offload())
		}
		return nil
	})
}
