package forwarder

import (
	"errors"
	"net"
	"os"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// pair is two devices in a namespace of their own, and an end at either one.
type pair struct {
	devices [2]*tun.Device
	ends    [2]*packetEnd
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
		p.ends[i] = newPacketEnd(t, ns, name, kind == tun.TAP)
	}
	return p
}

// takesUSO reports whether the devices take superpackets of UDP.
func (p *pair) takesUSO() bool { return p.devices[0].Offload() == tun.OffloadAll }

// packetEnd is a packet socket at a device: what is sent there, the forwarder reads;
// what the forwarder writes, arrives there.
type packetEnd struct {
	fd       int
	ethernet bool
	buf, oob []byte
}

func newPacketEnd(t *testing.T, ns, device string, ethernet bool) *packetEnd {
	t.Helper()
	e := &packetEnd{ethernet: ethernet, buf: make([]byte, 1<<17), oob: make([]byte, 256)}
	err := tun.InNamespace(ns, func() (err error) {
		if e.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		t.Cleanup(func() { unix.Close(e.fd) })
		for _, o := range []struct{ level, name, value int }{
			{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
			{unix.SOL_PACKET, unix.PACKET_AUXDATA, 1},
			{unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1},
			{unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 512 << 20},
			{unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 4 << 20},
		} {
			if err := unix.SetsockoptInt(e.fd, o.level, o.name, o.value); err != nil {
				return err
			}
		}
		ifr, err := unix.NewIfreq(device)
		if err != nil {
			return err
		}
		if err := unix.IoctlIfreq(e.fd, unix.SIOCGIFINDEX, ifr); err != nil {
			return err
		}
		const everythingInNetworkOrder = 0x0300 // ETH_P_ALL
		return unix.Bind(e.fd, &unix.SockaddrLinklayer{Protocol: everythingInNetworkOrder, Ifindex: int(ifr.Uint32())})
	})
	if err != nil {
		t.Fatalf("packet socket at %s: %v", device, err)
	}
	return e
}

// send puts a frame, vnet header first, into the device. Where a ring is full, which an intake
// says to the sender and counts, it tries again: nothing is lost by it.
func (e *packetEnd) send(frame []byte) error {
	for {
		if _, err := unix.Write(e.fd, frame); !errors.Is(err, unix.ENOBUFS) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// receive returns the next frame that arrived; ok is false when there is none.
func (e *packetEnd) receive() (frame []byte, ok bool, err error) {
	n, oobn, _, _, err := unix.Recvmsg(e.fd, e.buf, e.oob, 0)
	if errors.Is(err, unix.EAGAIN) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	frame, err = restoreTag(slices.Clone(e.buf[:n]), e.oob[:oobn])
	return frame, true, err
}

// restoreTag puts the VLAN tag back that the kernel took out of the frame on arrival.
func restoreTag(frame, oob []byte) ([]byte, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if m.Header.Level != unix.SOL_PACKET || m.Header.Type != unix.PACKET_AUXDATA {
			continue
		}
		var aux unix.TpacketAuxdata
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&aux)), unsafe.Sizeof(aux)), m.Data)
		if aux.Status&unix.TP_STATUS_VLAN_VALID == 0 {
			continue
		}
		tag := []byte{byte(aux.Vlan_tpid >> 8), byte(aux.Vlan_tpid), byte(aux.Vlan_tci >> 8), byte(aux.Vlan_tci)}
		frame = slices.Insert(frame, offload.VnetHdrLen+ethernetLen-2, tag...)
		var hdr offload.VnetHdr
		if err := hdr.Decode(frame); err != nil {
			return nil, err
		}
		if hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 {
			hdr.CsumStart += vlanTagLen
		}
		if err := hdr.Encode(frame); err != nil {
			return nil, err
		}
	}
	return frame, nil
}
