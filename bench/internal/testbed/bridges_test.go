package testbed

import (
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// TestBridgesCarry: what A sends comes out of the TAP device on its bridge and nowhere else,
// what is written to the other one arrives at B, and every device on the way counts it.
func TestBridgesCarry(t *testing.T) {
	bed := up(t, Config{Topology: Bridges, IPv6: true, TxQueueLen: 321, MTU: 1400, Qdisc: "pfifo"})
	a, b := attach(t, bed.A(), tun.TAP, false), attach(t, bed.B(), tun.TAP, false)
	if err := bed.WaitCarrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := mustCounters(t, bed)
	for _, to := range (addrs{bed.B().Addr, bed.B().Addr6}).list(true) {
		forwardOne(t, bed, to, a, b)
	}
	c := mustCounters(t, bed).Sub(before)
	for name, got := range map[string][2]uint64{
		"A out":               {c.A.TxPackets, 2},
		"A's bridge in":       {c.Router[0].RxPackets, 2},
		"A's TAP device out":  {c.Attached[0].TxPackets, 2},
		"B's TAP device in":   {c.Attached[1].RxPackets, 2},
		"B's bridge out":      {c.Router[1].TxPackets, 2},
		"B in":                {c.B.RxPackets, 2},
		"straight to B":       {c.Router[0].TxPackets + c.Attached[1].TxPackets, 0},
		"dropped by any ring": {c.A.TxDropped + c.Attached[0].TxDropped + c.Router[1].TxDropped, 0},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d packets, want %d", name, got[0], got[1])
		}
	}
	for i, end := range []*End{bed.A(), bed.B()} {
		link, err := end.Attach.Namespace.netlink.LinkByIndex(end.Attach.IfIndex)
		if err != nil {
			t.Fatal(err)
		}
		if attrs := link.Attrs(); attrs.MTU != 1400 || attrs.TxQLen != 321 || c.Attached[i].Qdisc != "pfifo" {
			t.Errorf("%s has MTU %d, queue length %d, qdisc %s", attrs.Name, attrs.MTU, attrs.TxQLen, c.Attached[i].Qdisc)
		}
		if err := end.SetMTU(1300); err != nil {
			t.Error(err)
		}
	}
	all, err := bed.Router().netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range all {
		if attrs := link.Attrs(); attrs.RawFlags&unix.IFF_LOOPBACK == 0 && attrs.MTU != 1300 {
			t.Errorf("%s has MTU %d after all were set to 1300", attrs.Name, attrs.MTU)
		}
	}
}

// TestBridgesAdopt: TAP devices that somebody else makes later join their bridges.
func TestBridgesAdopt(t *testing.T) {
	bed := up(t, Config{Topology: Bridges, Absent: true})
	if there, err := bed.HasDevices(); there || err != nil {
		t.Errorf("devices before anybody made them: %v, %v", there, err)
	}
	for _, end := range []*End{bed.A(), bed.B()} {
		if err := end.Attach.Namespace.Do(func() error { return createDevice(end.Attach.Device, tun.TAP, false) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := bed.Adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, b := attach(t, bed.A(), tun.TAP, false), attach(t, bed.B(), tun.TAP, false)
	if err := bed.WaitCarrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	forwardOne(t, bed, bed.B().Addr, a, b)
}
