package testbed

import (
	"net"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"tunbench/forwarder/tun"
)

// TestStateShowsWhatOthersChanged: each change is named, and there is none without one.
func TestStateShowsWhatOthersChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(ns *Namespace, link netlink.Link) error
		want   []string
	}{
		"nothing": {func(*Namespace, netlink.Link) error { return nil }, nil},
		"down": {
			func(ns *Namespace, l netlink.Link) error { return ns.netlink.LinkSetDown(l) },
			[]string{"state was up, is down", "routes was"},
		},
		"down and up again": {
			func(ns *Namespace, l netlink.Link) error {
				if err := ns.netlink.LinkSetDown(l); err != nil {
					return err
				}
				return ns.netlink.LinkSetUp(l)
			},
			[]string{"routes was"},
		},
		"MTU": {
			func(ns *Namespace, l netlink.Link) error { return ns.netlink.LinkSetMTU(l, 1280) },
			[]string{"MTU was 1500, is 1280"},
		},
		"addresses": {
			func(ns *Namespace, l netlink.Link) error {
				addrs, err := ns.netlink.AddrList(l, netlink.FAMILY_V4)
				if err != nil {
					return err
				}
				return ns.netlink.AddrDel(l, &addrs[0])
			},
			[]string{"addresses was"},
		},
		"one address more": {
			func(ns *Namespace, l netlink.Link) error {
				return ns.netlink.AddrAdd(l, &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(192, 0, 2, 1), Mask: net.CIDRMask(32, 32)}})
			},
			[]string{"addresses was", "192.0.2.1/32"},
		},
		"queue length": {
			func(ns *Namespace, l netlink.Link) error { return ns.netlink.LinkSetTxQLen(l, 7) },
			[]string{"transmit queue length was", "is 7"},
		},
	} {
		for _, cfg := range []Config{{Topology: Veth, IPv6: true}, {Topology: Devices, Kind: tun.TUN}, {Topology: Route}} {
			t.Run(name+"/"+string(cfg.Topology), func(t *testing.T) {
				bed := up(t, cfg)
				before, err := bed.State()
				if err != nil {
					t.Fatal(err)
				}
				if err := tc.change(bed.B().Namespace, linkOf(bed.B().IfIndex)); err != nil {
					t.Fatal(err)
				}
				after, err := bed.State()
				if err != nil {
					t.Fatal(err)
				}
				changes := strings.Join(after.Changes(before), "; ")
				if (changes == "") != (len(tc.want) == 0) {
					t.Fatalf("changes %q, want %q", changes, tc.want)
				}
				for _, want := range tc.want {
					if !strings.Contains(changes, want) {
						t.Errorf("changes %q, want %q", changes, want)
					}
				}
			})
		}
	}
}
