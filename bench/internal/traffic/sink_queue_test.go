package traffic

import (
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// newDevices returns two namespaces with a device each, to which queues can attach.
func newDevices(tb testing.TB, kind tun.Kind, mtu int) *testbed.Testbed {
	tb.Helper()
	return upScene(tb, testbed.Config{Topology: testbed.Devices, Kind: kind, MultiQueue: true, MTU: mtu})
}

// attach opens the only queue of the end's device, with a vnet header: its packets
// are then what is written to it.
func attach(tb testing.TB, end *testbed.End, kind tun.Kind) *tun.Queue {
	tb.Helper()
	device, err := tun.Open(tun.Config{
		NetNS: end.Namespace.Path(), Name: end.Device, Kind: kind, Queues: 1,
		MustExist: true, VnetHdr: true, Offload: tun.OffloadAll,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { device.Close() })
	return device.Queues()[0]
}

// write sends the packet of p, a superpacket if gsoSize is not 0.
func write(tb testing.TB, q *tun.Queue, p packetSpec, gsoSize int) {
	tb.Helper()
	packet := p.build()
	udp := len(packet) - len(p.payload) - udpLen
	var hdr offload.VnetHdr
	if gsoSize != 0 {
		hdr = offload.VnetHdr{
			Flags:      unix.VIRTIO_NET_HDR_F_NEEDS_CSUM,
			GSOType:    unix.VIRTIO_NET_HDR_GSO_UDP_L4,
			HdrLen:     uint16(udp + udpLen),
			GSOSize:    uint16(gsoSize),
			CsumStart:  uint16(udp),
			CsumOffset: 6, // of uh_sum in the UDP header
		}
	}
	b := make([]byte, q.VnetHdrLen(), q.VnetHdrLen()+len(packet))
	if err := hdr.Encode(b); err != nil {
		tb.Fatal(err)
	}
	b = append(b, packet...)
	if n, err := unix.Write(q.FD(), b); err != nil || n != len(b) {
		tb.Fatalf("write %d bytes: %d, %v", len(b), n, err)
	}
}
