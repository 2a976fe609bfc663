package forwarder

import (
	"errors"
	"net"
	"os"
	"testing"

	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/offload/offloadtest"
)

// pair is two devices in a namespace of their own, and a packet socket at either one.
type pair struct {
	devices [2]*tun.Device
	ends    [2]*offloadtest.Socket
	ns      string
	rings   [2][]*intake.Ring // none unless there are intakes
}

// attachIntakes attaches an intake to each device, and the same choice of the queue, until the
// test ends.
func (p *pair) attachIntakes(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { p.rings = [2][]*intake.Ring{} })
	for i, device := range p.devices {
		queues := len(device.Queues())
		program, err := steer.Load(steer.PolicyHash, queues)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { program.Close() })
		if err := program.Attach(device.Queues()[0].FD()); err != nil {
			t.Fatal(err)
		}
		err = tun.InNamespace(p.ns, func() error {
			link, err := net.InterfaceByName(device.Name())
			if err != nil {
				return err
			}
			attached, err := intake.Attach(intake.Config{
				IfIndex: link.Index, Queues: queues, Workers: Workers(queues, nil), Steer: steer.PolicyHash, VnetHdrLen: device.VnetHdrLen(),
			})
			if err != nil {
				return err
			}
			t.Cleanup(func() { attached.Close() })
			p.rings[i] = attached.Rings()
			return nil
		})
		if *exactLacks && errors.As(err, new(*steer.UnsupportedError)) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newPair(t *testing.T, kind tun.Kind, queues int) *pair {
	t.Helper()
	ns := testNamespace(t)
	err := tun.InNamespace(ns, func() error {
		// Nobody but the test shall send: no router solicitations.
		return os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	p := &pair{ns: ns}
	for i, name := range []string{"a", "b"} {
		p.devices[i], err = tun.Open(tun.Config{
			NetNS: ns, Name: name, Kind: kind, Queues: queues, VnetHdr: true, Offload: tun.OffloadAll,
			MTU: 9000, TxQueueLen: 8192, Up: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.devices[i].Close() })
		if p.devices[i].Offload() != tun.OffloadAll && !*exactLacks {
			t.Fatalf("%s takes offload %v only", name, p.devices[i].Offload())
		}
		err = tun.InNamespace(ns, func() (err error) {
			p.ends[i], err = offloadtest.OpenSocket(name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.ends[i].Close() })
	}
	return p
}

// takesUSO reports whether the devices take superpackets of UDP.
func (p *pair) takesUSO() bool { return p.devices[0].Offload() == tun.OffloadAll }
