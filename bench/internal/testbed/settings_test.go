package testbed

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// kernelLink asks the kernel anew, not by way of the Testbed.
func kernelLink(t *testing.T, end *End) (attrs *netlink.LinkAttrs) {
	t.Helper()
	err := end.Namespace.Do(func() error {
		link, err := netlink.LinkByName(end.Device)
		if err == nil {
			attrs = link.Attrs()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return attrs
}

func TestDeviceSettings(t *testing.T) {
	for name, cfg := range scenes() {
		t.Run(name, func(t *testing.T) {
			cfg.MTU, cfg.TxQueueLen = 1380, 321
			bed := up(t, cfg)
			for _, end := range []*End{bed.A(), bed.B()} {
				if cfg.VXLAN {
					end = end.under
				}
				link := kernelLink(t, end)
				if link.MTU != cfg.MTU || link.TxQLen != cfg.TxQueueLen {
					t.Errorf("MTU %d, queue length %d, want %d, %d", link.MTU, link.TxQLen, cfg.MTU, cfg.TxQueueLen)
				}
				if link.RawFlags&unix.IFF_UP == 0 {
					t.Error("device is not up")
				}
			}
		})
	}
}

func TestQdisc(t *testing.T) {
	for _, qdisc := range []string{"noqueue", "pfifo_fast", "pfifo"} {
		for name, cfg := range scenes() {
			t.Run(qdisc+" "+name, func(t *testing.T) {
				cfg.Qdisc = qdisc
				bed := up(t, cfg)
				c, err := bed.Counters()
				if err != nil {
					t.Fatal(err)
				}
				if cfg.VXLAN {
					c.A, c.B = c.Attached[0], c.Attached[1]
				}
				if c.A.Qdisc != qdisc || c.B.Qdisc != qdisc {
					t.Errorf("qdiscs are %q and %q, want %q", c.A.Qdisc, c.B.Qdisc, qdisc)
				}
			})
		}
	}
}

func TestQdiscMissingInKernel(t *testing.T) {
	for _, qdisc := range []string{"fq_codel", "fq", "cake"} {
		t.Run(qdisc, func(t *testing.T) {
			leavesNothing(t)
			bed, err := Up(context.Background(), Config{Topology: Veth, Qdisc: qdisc})
			if err == nil { // this kernel has it
				defer bed.Down()
				if c, err := bed.Counters(); err != nil || c.A.Qdisc != qdisc {
					t.Errorf("qdisc is %q, %v", c.A.Qdisc, err)
				}
				return
			}
			if !isUnsupported(err) {
				t.Errorf("error is %v, want an UnsupportedError", err)
			}
		})
	}
}

func TestSysctls(t *testing.T) {
	want := map[string]string{
		"net.ipv4.ping_group_range":          "10\t20",
		"net.ipv4.conf.default.log_martians": "1", // before the devices: they inherit it
		"net.ipv4.conf.tb0.accept_local":     "1", // after
	}
	bed := up(t, Config{Topology: Route, Sysctls: want})
	inherited := map[string]string{"net.ipv4.conf.tb0.log_martians": "1"}
	off := map[string]string{
		"net.ipv4.conf.all.rp_filter":    "0",
		"net.ipv4.conf.tb0.rp_filter":    "0",
		"net.ipv6.conf.tb0.disable_ipv6": "1",
	}
	for _, ns := range []*Namespace{bed.A().Namespace, bed.B().Namespace, bed.Router()} {
		checkSysctls(t, ns, want)
		checkSysctls(t, ns, inherited)
		checkSysctls(t, ns, off)
	}
}

// TestSysctlsOfTheHost: what a namespace does not have, or only shows, is refused with the remedy, and the host's stays as it is.
func TestSysctlsOfTheHost(t *testing.T) {
	for _, name := range []string{"net.core.netdev_budget", "net.core.wmem_default"} {
		t.Run(name, func(t *testing.T) {
			leavesNothing(t)
			path := filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bed, err := Up(context.Background(), Config{Topology: Veth, Sysctls: map[string]string{name: "54321"}})
			if err == nil {
				bed.Down()
			}
			if err == nil && name == "net.core.wmem_default" {
				t.Skip("this kernel gives each namespace its own")
			}
			if !isUnsupported(err) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "set it there") {
				t.Errorf("error is %v, want an UnsupportedError with the name and the remedy", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
				t.Errorf("the host's is now %q, %v; was %q", after, err, before)
			}
		})
	}
}

func checkSysctls(t *testing.T, ns *Namespace, want map[string]string) {
	t.Helper()
	for name, value := range want {
		var got string
		err := ns.Do(func() error {
			b, err := os.ReadFile(filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/")))
			got = strings.TrimSpace(string(b))
			return err
		})
		if err != nil || got != value {
			t.Errorf("%s in %s is %q, %v, want %q", name, ns.Name(), got, err, value)
		}
	}
}

func TestNoIPv6Addresses(t *testing.T) {
	for name, cfg := range scenes() {
		t.Run(name, func(t *testing.T) {
			bed := up(t, cfg)
			for _, end := range []*End{bed.A(), bed.B()} {
				addrs := kernelAddrs6(t, end)
				if !cfg.IPv6 && len(addrs) > 0 {
					t.Errorf("addresses %v, want none", addrs)
				}
				if cfg.IPv6 && (len(addrs) != 1 || addrs[0].IP.String() != end.Addr6.String()) {
					t.Errorf("addresses %v, want only %v", addrs, end.Addr6)
				}
			}
		})
	}
}

func kernelAddrs6(t *testing.T, end *End) (addrs []netlink.Addr) {
	t.Helper()
	err := end.Namespace.Do(func() (err error) {
		link, err := netlink.LinkByName(end.Device)
		if err != nil {
			return err
		}
		addrs, err = netlink.AddrList(link, netlink.FAMILY_V6)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return addrs
}

func TestMultiQueueFlag(t *testing.T) {
	for _, multi := range []bool{false, true} {
		bed := up(t, Config{Topology: Devices, Kind: tun.TUN, MultiQueue: multi})
		attach(t, bed.A(), tun.TUN, multi)
		bed.Down()
	}
}
