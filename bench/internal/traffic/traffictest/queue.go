package traffictest

import (
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// Attach opens the only queue of the end's device, with a vnet header: its packets
// are then what is written to it.
func Attach(tb testing.TB, end *testbed.End, kind tun.Kind) *tun.Queue {
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

// Write sends the packet of p, a superpacket if gsoSize is not 0.
func Write(tb testing.TB, q *tun.Queue, p Packet, gsoSize int) {
	tb.Helper()
	packet := p.Build()
	udp := len(packet) - len(p.Payload) - wire.UDPLen
	var hdr offload.VnetHdr
	if gsoSize != 0 {
		hdr = offload.VnetHdr{
			Flags:      unix.VIRTIO_NET_HDR_F_NEEDS_CSUM,
			GSOType:    unix.VIRTIO_NET_HDR_GSO_UDP_L4,
			HdrLen:     uint16(udp + wire.UDPLen),
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
