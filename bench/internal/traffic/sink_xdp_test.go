package traffic

import (
	"errors"
	"testing"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// A TAP device takes native XDP for what fits a page and another way for the rest:
// both count once.
func TestXDPSinkOnTAP(t *testing.T) {
	const mtu = 9000
	bed := newDevices(t, tun.TAP, mtu)
	q := attach(t, bed.B(), tun.TAP)
	r := newTestReceiver(t, bed.B(), SinkConfig{Kind: SinkXDP, Flows: 1, Verify: true})
	sizes := []int{MinSizeIPv4, 64, 1500, 3000, 3500, 3600, 4096, 8999, mtu}
	var bytes uint64
	for i, size := range sizes {
		p := packetSpec{ethernet: true, port: testPort, payload: stamped(0, size-ipv4Len-udpLen, 0, uint64(i))}
		write(t, q, p, 0)
		bytes += uint64(size)
	}
	c := readSink(t, bed, r)
	if total := c.Total(); total.Segments != uint64(len(sizes)) || total.Bytes != bytes || total.Corrupt+total.Foreign != 0 {
		t.Errorf("%d packets of %d bytes, got %+v", len(sizes), bytes, total)
	}
	if f := c.Flows(); f.Unique != uint64(len(sizes)) || f.Duplicates != 0 {
		t.Errorf("%d packets, got %+v", len(sizes), f)
	}
}

// A superpacket that reaches XDP is told apart and reported, not counted as one.
func TestXDPSinkOnTAPSuperpackets(t *testing.T) {
	const size = 1000
	bed := newDevices(t, tun.TAP, 0)
	q := attach(t, bed.B(), tun.TAP)
	r := newTestReceiver(t, bed.B(), SinkConfig{Kind: SinkXDP, Flows: 1})
	p := packetSpec{ethernet: true, port: testPort, payload: stamped(0, size, 0, 0, 1, 2), partial: true}
	write(t, q, p, size)
	if total := readSink(t, bed, r).Total(); total != (CPUCounts{Foreign: 1}) {
		t.Errorf("got %+v, want one foreign", total)
	}
}

func TestXDPSinkOnLargeVeth(t *testing.T) {
	bed := upScene(t, testbed.Config{Topology: testbed.Veth, MTU: 9000})
	r := newTestReceiver(t, bed.B(), SinkConfig{Kind: SinkXDP, Flows: 1, Verify: true})
	s := newTestSender(t, bed, false, 1, 9000, 1)
	sent, err := s.Run(t.Context(), Load{Pps: 5_000}, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	checkDelivery(t, sent, readSink(t, bed, r))
}

func TestXDPSinkUnsupportedOnTUN(t *testing.T) {
	bed := newDevices(t, tun.TUN, 0)
	r, err := NewReceiver(SinkConfig{Kind: SinkXDP, Enter: bed.B().Namespace.Do, IfIndex: bed.B().IfIndex, Port: testPort, Flows: 1})
	var unsupported *host.UnsupportedError
	if !errors.As(err, &unsupported) || r != nil {
		t.Errorf("got %v, %v; want a host.UnsupportedError", r, err)
	}
}

// XDP is not told the segment size: what is longer than the MTU cannot be opened.
func TestXDPSinkRefusesSuperpackets(t *testing.T) {
	const mtu = 1500
	s := loadSinkWith(t, SinkConfig{Kind: SinkXDP, Flows: 1}, map[string]any{sinkXDPVarMaxLen: uint32(mtu)})
	for i, size := range []int{mtu, mtu + 1} {
		p := packetSpec{port: testPort, payload: stamped(0, size-ipv4Len-udpLen, 0, uint64(i))}
		s.receive(p.build(), 0)
	}
	if got := s.counts().Total(); got.Segments != 1 || got.Foreign != 1 {
		t.Errorf("%+v, want 1 segment and 1 foreign", got)
	}
}
