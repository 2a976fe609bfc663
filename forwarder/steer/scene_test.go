package steer

import (
	"encoding/binary"
	"net"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
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

// device is a device of the current namespace that is up, with a packet socket to send
// into it. The test closes both.
type device struct {
	*tun.Device
	index  int
	socket int
}

func openDevice(t *testing.T, kind tun.Kind, queues int) *device {
	t.Helper()
	opened, err := tun.Open(tun.Config{Kind: kind, Queues: queues, TxQueueLen: 4096, Up: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	link, err := net.InterfaceByName(opened.Name())
	if err != nil {
		t.Fatal(err)
	}
	// SOCK_DGRAM puts an Ethernet header before the packet where there has to be one.
	socket, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(socket) })
	return &device{opened, link.Index, socket}
}

// attach loads the program of a policy for the device's queues and attaches it.
func (d *device) attach(t *testing.T, policy Policy) *Program {
	t.Helper()
	p := load(t, policy, len(d.Queues()))
	if err := p.Attach(d.fd()); err != nil {
		t.Fatal(err)
	}
	return p
}

// fd is that of any queue: here the last one.
func (d *device) fd() int { return d.Queues()[len(d.Queues())-1].FD() }

// send sends an IP packet into the device, as the kernel would.
func (d *device) send(t *testing.T, packet []byte) {
	t.Helper()
	protocol := uint16(unix.ETH_P_IP)
	if packet[0]>>4 == 6 {
		protocol = unix.ETH_P_IPV6
	}
	to := unix.SockaddrLinklayer{
		Ifindex: d.index, Halen: 6, Addr: [8]byte{2, 0, 0, 0, 0, 1},
		Protocol: binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol)),
	}
	if err := unix.Sendto(d.socket, packet, 0, &to); err != nil {
		t.Fatalf("send %x: %v", packet, err)
	}
}

// read takes all packets out of the queues; [queue][packet], without Ethernet headers.
func (d *device) read(t *testing.T) [][][]byte {
	t.Helper()
	linkLen := 0
	if d.Kind() == tun.TAP {
		linkLen = 14
	}
	packets := make([][][]byte, len(d.Queues()))
	for i, q := range d.Queues() {
		for {
			buf := make([]byte, 2048)
			iov := []unix.Iovec{{Base: &buf[0]}}
			iov[0].SetLen(len(buf))
			n, errno := q.Readv(iov)
			if errno == unix.EAGAIN {
				break
			}
			if errno != 0 {
				t.Fatal(os.NewSyscallError("read", errno))
			}
			packets[i] = append(packets[i], buf[linkLen:n])
		}
	}
	return packets
}

// readOne expects a single packet in all queues and returns its queue.
func (d *device) readOne(t *testing.T) (queue int) {
	t.Helper()
	queue, total := -1, 0
	for i, packets := range d.read(t) {
		if len(packets) > 0 {
			queue, total = i, total+len(packets)
		}
	}
	if total != 1 {
		t.Fatalf("read %d packets, want 1", total)
	}
	return queue
}

// write gives the kernel an IP packet through one queue, as if it came from outside.
func (d *device) write(t *testing.T, queue int, packet []byte) {
	t.Helper()
	iov := []unix.Iovec{{Base: &packet[0]}}
	iov[0].SetLen(len(packet))
	if _, errno := d.Queues()[queue].Writev(iov); errno != syscall.Errno(0) {
		t.Fatal(os.NewSyscallError("write", errno))
	}
}

// checkCounts compares the program's counters with what was read.
func checkCounts(t *testing.T, p *Program, read [][][]byte) {
	t.Helper()
	counts, err := p.Counts()
	if err != nil {
		t.Fatal(err)
	}
	if len(counts) != len(read) {
		t.Fatalf("counters of %d queues, want %d", len(counts), len(read))
	}
	for i, packets := range read {
		if counts[i] != uint64(len(packets)) {
			t.Errorf("queue %d: counted %d packets, read %d", i, counts[i], len(packets))
		}
	}
}
