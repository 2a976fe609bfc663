package wgtun_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"testing"
	"time"

	forkconn "github.com/tailscale/wireguard-go/conn"
	forkdevice "github.com/tailscale/wireguard-go/device"
	forktun "github.com/tailscale/wireguard-go/tun"
	"github.com/vishvananda/netlink"
	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
	wgotun "golang.zx2c4.com/wireguard/tun"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/forwarder/wgtun"
)

// patience is how long a test waits for what must come: far longer than on any machine.
const patience = 5 * time.Minute

// needRoot skips a test that cannot work without.
func needRoot(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("needs root: makes namespaces and devices")
	}
}

// newNamespace makes a network namespace that ends with the test.
func newNamespace(tb testing.TB) (path string) {
	tb.Helper()
	needRoot(tb)
	var file *os.File
	err := tun.InNewNamespace(func() (err error) {
		if file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		lo, err := netlink.LinkByName("lo")
		return errors.Join(err, netlink.LinkSetUp(lo))
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { file.Close() })
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), file.Fd())
}

// inside runs f in a namespace.
func inside(tb testing.TB, netns string, f func() error) {
	tb.Helper()
	if err := tun.InNamespace(netns, f); err != nil {
		tb.Fatal(err)
	}
}

// address gives a device of the current namespace an address and sets it up.
func address(name, cidr string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	addr, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	addr.Flags = 0x02 // IFA_F_NODAD: an IPv6 address is of use at once
	return errors.Join(netlink.AddrAdd(l, addr), netlink.LinkSetUp(l))
}

// variant is a WireGuard and the device that it works on.
type variant struct {
	fork   bool // that of tailscale
	own    bool // the module's own device
	queues int
	steer  steer.Policy
}

func (v variant) String() string {
	s := "wireguard-go"
	if v.fork {
		s = "fork"
	}
	if v.own {
		return fmt.Sprintf("%s/own/%d", s, v.queues)
	}
	return fmt.Sprintf("%s/wgtun/%d/%s", s, v.queues, v.steer)
}

// wireguard is a device.Device of either module.
type wireguard interface {
	IpcSet(config string) error
	IpcGet() (string, error)
	Up() error
	Down() error
	Close()
	Wait() chan struct{}
}

const mtu = 1420

// start makes the WireGuard of a variant on a device in a namespace. Its sockets are in the
// namespace of the process.
func (v variant) start(netns, name string) (wireguard, error) {
	if v.fork {
		d, err := v.openFork(netns, name)
		if err != nil {
			return nil, err
		}
		return forkdevice.NewDevice(d, forkconn.NewDefaultBind(), forkdevice.NewLogger(v.logLevel(), v.String()+": ")), nil
	}
	d, err := v.open(netns, name)
	if err != nil {
		return nil, err
	}
	return device.NewDevice(d, conn.NewDefaultBind(), device.NewLogger(v.logLevel(), v.String()+": ")), nil
}

// logLevel is errors only. The modules' own devices cannot tell their MTU where the caller is in another
// namespace, and WireGuard says so again and again.
func (v variant) logLevel() int {
	if v.own {
		return device.LogLevelSilent
	}
	return device.LogLevelError
}

func (v variant) open(netns, name string) (d wgotun.Device, err error) {
	if !v.own {
		return wgtun.Open(wgtun.Config{NetNS: netns, Name: name, MTU: mtu, Queues: v.queues, Steer: v.steer})
	}
	err = tun.InNamespace(netns, func() error {
		d, err = wgotun.CreateTUN(name, mtu)
		return err
	})
	return d, err
}

func (v variant) openFork(netns, name string) (d forktun.Device, err error) {
	if !v.own {
		return wgtun.OpenMultiQueue(wgtun.Config{NetNS: netns, Name: name, MTU: mtu, Queues: v.queues, Steer: v.steer})
	}
	err = tun.InNamespace(netns, func() error {
		d, err = forktun.CreateTUN(name, mtu, forktun.WithQueues(v.queues))
		return err
	})
	return d, err
}

// tunnel is a pair of WireGuards that know each other, each with its device in a namespace of its own
// and both with their sockets in that of the process.
type tunnel struct {
	netns [2]string
	inner [2]netip.Addr
	ends  [2]wireguard
}

// newTunnel makes a scene, which ends with the test.
func newTunnel(tb testing.TB, v variant) *tunnel {
	tb.Helper()
	t := &tunnel{}
	var keys [2]*ecdh.PrivateKey
	var port [2]string
	for i := range t.ends {
		t.netns[i] = newNamespace(tb)
		t.inner[i] = netip.AddrFrom4([4]byte{10, 9, 0, byte(i + 1)})
		var err error
		if keys[i], err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
			tb.Fatal(err)
		}
		if t.ends[i], err = v.start(t.netns[i], "wg0"); err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(t.ends[i].Close)
		if err := errors.Join(t.ends[i].IpcSet(fmt.Sprintf("private_key=%x\nlisten_port=0\n", keys[i].Bytes())), t.ends[i].Up()); err != nil {
			tb.Fatal(err)
		}
		said, err := t.ends[i].IpcGet()
		if err != nil {
			tb.Fatal(err)
		}
		port[i] = regexp.MustCompile(`listen_port=(\d+)`).FindStringSubmatch(said)[1]
	}
	for i, e := range t.ends {
		if err := e.IpcSet(fmt.Sprintf("replace_peers=true\npublic_key=%s\nendpoint=127.0.0.1:%s\nallowed_ip=%v/32\nallowed_ip=fd00::%d/128\n",
			hex.EncodeToString(keys[1-i].PublicKey().Bytes()), port[1-i], t.inner[1-i], 2-i)); err != nil {
			tb.Fatal(err)
		}
		inside(tb, t.netns[i], func() error {
			return errors.Join(address("wg0", t.inner[i].String()+"/24"), address("wg0", fmt.Sprintf("fd00::%d/64", i+1)))
		})
	}
	return t
}
