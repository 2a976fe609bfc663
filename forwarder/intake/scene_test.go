package intake

import (
	"encoding/binary"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// inNamespace runs f as root in a network namespace without a name, where nobody but f
// sends: there are no router solicitations.
func inNamespace(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	err := tun.InNewNamespace(func() error {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0); err != nil {
			return err
		}
		f(t)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// device is a device of the current namespace that is up, with an intake, and steered like it.
type device struct {
	*tun.Device
	intake *Intake
	index  int
}

func newDevice(t *testing.T, kind tun.Kind, queues, workers int) *device {
	t.Helper()
	opened, err := tun.Open(tun.Config{
		Kind: kind, Queues: queues, VnetHdr: true, Offload: tun.OffloadAll, MTU: 9000, TxQueueLen: 8192, Up: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	link, err := net.InterfaceByName(opened.Name())
	if err != nil {
		t.Fatal(err)
	}
	program, err := steer.Load(steer.PolicyHash, queues)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	if err := program.Attach(opened.Queues()[0].FD()); err != nil {
		t.Fatal(err)
	}
	d := &device{Device: opened, index: link.Index}
	d.intake, err = Attach(Config{IfIndex: d.index, Queues: queues, Workers: workers, Steer: steer.PolicyHash, VnetHdrLen: d.VnetHdrLen()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.intake.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// sender is a packet socket at a device.
type sender int

// newSender makes one at a device of the current namespace.
func newSender(t *testing.T, index int) sender {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 4<<20); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: index}); err != nil { // ETH_P_ALL, in network order
		t.Fatal(err)
	}
	return sender(fd)
}

// send sends a frame, a vnet header of 10 bytes first. It tells whether it was dropped.
func (s sender) send(t *testing.T, frame []byte) (dropped bool) {
	t.Helper()
	_, err := unix.Write(int(s), frame)
	if err != nil && err != unix.ENOBUFS {
		t.Fatalf("send %d bytes: %v", len(frame), err)
	}
	return err != nil
}

// read returns the next packet that a queue has, vnet header first, or nil.
func (d *device) read(t *testing.T, queue int) []byte {
	t.Helper()
	buf := make([]byte, 1<<17)
	iov := []unix.Iovec{{Base: &buf[0]}}
	iov[0].SetLen(len(buf))
	n, errno := d.Queues()[queue].Readv(iov)
	switch errno {
	case 0:
		return buf[:n]
	case syscall.EAGAIN:
		return nil
	}
	t.Fatal(os.NewSyscallError("read", errno))
	return nil
}

// onCPU keeps the calling goroutine's thread on a CPU, if there are so many.
func onCPU(cpu int) {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu % runtime.NumCPU())
	_ = unix.SchedSetaffinity(0, &set) // where it cannot be had, threads race less
}

// datagram is a frame with a UDP packet of one flow over IPv4, its checksum left to do, on a
// TUN device.
func datagram(port uint16, payload []byte) []byte {
	const udpLen, ipLen = 8, 20
	p := make([]byte, 0, offload.VnetHdrLen+ipLen+udpLen+len(payload))
	p = append(p, 1, 0, 0, 0, 0, 0)
	p = binary.NativeEndian.AppendUint16(p, ipLen)
	p = binary.NativeEndian.AppendUint16(p, 6)
	p = append(p, 0x45, 0)
	p = binary.BigEndian.AppendUint16(p, uint16(ipLen+udpLen+len(payload)))
	p = append(p, 0, 0, 0x40, 0, 64, unix.IPPROTO_UDP, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1)
	p = binary.BigEndian.AppendUint16(p, port)
	p = binary.BigEndian.AppendUint16(p, 9)
	p = binary.BigEndian.AppendUint16(p, uint16(udpLen+len(payload)))
	return append(append(p, 0, 0), payload...)
}

// super makes a superpacket of a datagram: segments of size bytes of payload each.
func super(frame []byte, size int) []byte {
	frame[1] = unix.VIRTIO_NET_HDR_GSO_UDP_L4
	binary.NativeEndian.PutUint16(frame[2:], 28)
	binary.NativeEndian.PutUint16(frame[4:], uint16(size))
	return frame
}

// onTAP puts an Ethernet header before the packet.
func onTAP(frame []byte) []byte {
	ethernet := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}
	out := append(append(append([]byte{}, frame[:offload.VnetHdrLen]...), ethernet...), frame[offload.VnetHdrLen:]...)
	for _, at := range []int{2, 6} {
		if n := binary.NativeEndian.Uint16(out[at:]); n > 0 {
			binary.NativeEndian.PutUint16(out[at:], n+uint16(len(ethernet)))
		}
	}
	return out
}
