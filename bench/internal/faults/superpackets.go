package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

const (
	segmentSize = 1000 // bytes of payload of each segment but the last
	segments    = 5
)

// way is one way through the kernel.
type way struct {
	protocol uint8
	tail     int // bytes of payload of the last segment
	split    bool
}

func (w way) String() string {
	name, how := "UDP", "unsplit"
	if w.protocol == unix.IPPROTO_TCP {
		name = "TCP"
	}
	if w.split {
		how = "split by the kernel"
	}
	return fmt.Sprintf("%s superpacket with a last segment of %d bytes after others of %d, %s", name, w.tail, segmentSize, how)
}

// Superpackets writes superpackets of TCP and UDP, with a last segment that is shorter than the others and with one that
// is as long, into a TUN device, has the kernel route them back to it, and compares what comes out, split by the kernel
// and unsplit, with what went in. It takes a few milliseconds. 6.6.44 and its neighbours refuse the write, 7.0 to 7.1.4
// spoil some.
func Superpackets() error {
	return tun.InNewNamespace(func() error {
		d, err := openMirror()
		if err != nil {
			return err
		}
		err = d.tryAll()
		return errors.Join(err, d.Close())
	})
}

// mirror is a TUN device that gets back from the kernel what is written to it.
type mirror struct {
	*tun.Device
	fd int
}

// openMirror makes one in the current namespace.
func openMirror() (m *mirror, err error) {
	device, err := tun.Open(tun.Config{Name: "mirror0", Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: tun.OffloadAll, MTU: 1500, Up: true})
	if err != nil {
		return nil, err
	}
	m = &mirror{device, device.Queues()[0].FD()}
	if err = errors.Join(forwardIPv4(), address(device.Name(), netip.MustParsePrefix("198.18.0.1/15"))); err != nil {
		return nil, errors.Join(err, device.Close())
	}
	return m, nil
}

func forwardIPv4() error {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return fmt.Errorf("let a namespace route: %w", err)
	}
	return nil
}

// address gives a device an IPv4 address, netdevice(7).
func address(device string, prefix netip.Prefix) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("create socket: %w", err)
	}
	defer unix.Close(s)
	mask := ^uint32(0) << (32 - prefix.Bits())
	for _, set := range []struct {
		request uint
		address []byte
	}{
		{unix.SIOCSIFADDR, prefix.Addr().AsSlice()},
		{unix.SIOCSIFNETMASK, []byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)}},
	} {
		ifr, err := unix.NewIfreq(device)
		if err == nil {
			err = ifr.SetInet4Addr(set.address)
		}
		if err == nil {
			err = unix.IoctlIfreq(s, set.request, ifr)
		}
		if err != nil {
			return fmt.Errorf("set address of %s: %w", device, err)
		}
	}
	return nil
}

func (m *mirror) tryAll() error {
	whole := m.Offload()
	for number, w := range []way{
		{unix.IPPROTO_TCP, segmentSize, false},
		{unix.IPPROTO_TCP, 1, false},
		{unix.IPPROTO_TCP, segmentSize, true},
		{unix.IPPROTO_TCP, 1, true},
		{unix.IPPROTO_UDP, segmentSize, false},
		{unix.IPPROTO_UDP, 1, false},
		{unix.IPPROTO_UDP, segmentSize, true},
		{unix.IPPROTO_UDP, 1, true},
	} {
		if w.protocol == unix.IPPROTO_UDP && !whole.Has(tun.OffloadUSO) {
			return errNoUSO
		}
		mask := whole
		if w.split {
			mask = tun.OffloadNone
		}
		if err := unix.IoctlSetInt(m.fd, unix.TUNSETOFFLOAD, int(mask)); err != nil {
			return fmt.Errorf("set offload %v: %w", mask, err)
		}
		if err := m.try(w, number); err != nil {
			return err
		}
	}
	return nil
}

// try sends one superpacket of a flow of its own and compares what comes back.
func (m *mirror) try(w way, number int) error {
	flow := offloadtest.NewFlow(offloadtest.Spec{Number: number, Version: 4, Protocol: w.protocol}, rand.New(rand.NewPCG(uint64(number), 1)))
	var sent [][]byte
	var want []string
	for i := range segments {
		size := segmentSize
		if i == segments-1 {
			size = w.tail
		}
		sent = append(sent, flow.Next(flow.Payload(size), offloadtest.ACK))
		want = append(want, offloadtest.Canonical(routed(sent[i]), false))
	}
	if _, err := unix.Write(m.fd, flow.Superpacket(sent, segmentSize)); err != nil {
		return fault("%v: the kernel refuses it: %v", w, err)
	}
	var got []string
	for len(got) < len(want) {
		packets, err := m.next(w.protocol)
		if err != nil {
			return err
		}
		if packets == nil {
			return fault("%v: %d of %d segments came back", w, len(got), len(want))
		}
		for _, p := range packets {
			got = append(got, offloadtest.Canonical(p, false))
		}
	}
	if !slices.Equal(got, want) {
		return fault("%v: it came back spoiled", w)
	}
	return nil
}

// routed is an IPv4 packet after a router.
func routed(packet []byte) []byte {
	packet = slices.Clone(packet)
	packet[8]-- // time to live, RFC 791 section 3.1
	offloadtest.SetIPv4Checksum(packet)
	return packet
}

// next returns what the next frame of a protocol stands for on a wire; nil if none comes.
func (m *mirror) next(protocol uint8) ([][]byte, error) {
	buf := make([]byte, offload.VnetHdrLen+1<<16)
	for {
		n, err := unix.Read(m.fd, buf)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			ready, err := unix.Poll([]unix.PollFd{{Fd: int32(m.fd), Events: unix.POLLIN}}, waitMs)
			if err == nil && ready == 0 {
				return nil, nil
			}
			if err != nil && !errors.Is(err, unix.EINTR) {
				return nil, fmt.Errorf("wait for a packet: %w", err)
			}
			continue
		case err != nil:
			return nil, fmt.Errorf("read a packet: %w", err)
		}
		h, ok := offloadtest.Parse(buf[offload.VnetHdrLen:n], false)
		if !ok || h.Version != 4 || h.Protocol != protocol {
			continue // of the kernel's own
		}
		packets, err := offloadtest.WirePackets(slices.Clone(buf[:n]), false)
		if err != nil {
			return nil, fault("a superpacket came back with a wrong header: %v", err)
		}
		return packets, nil
	}
}
