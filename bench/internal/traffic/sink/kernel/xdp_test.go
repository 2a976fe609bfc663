package kernel

import (
	"errors"
	"testing"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/forwarder/tun"
)

// A TAP device takes native XDP for what fits a page and another way for the rest:
// both count once.
func TestXDPSinkOnTAP(t *testing.T) {
	const mtu = 9000
	bed := traffictest.Devices(t, tun.TAP, mtu)
	q := traffictest.Attach(t, bed.B(), tun.TAP)
	r := traffictest.OpenSink(t, bed.B(), NewXDP, sink.Config{Flows: 1, Verify: true})
	sizes := []int{wire.MinSizeIPv4, 64, 1500, 3000, 3500, 3600, 4096, 8999, mtu}
	var bytes uint64
	for i, size := range sizes {
		p := traffictest.Packet{Ethernet: true, Port: traffictest.Port, Payload: traffictest.Stamped(0, size-wire.IPv4Len-wire.UDPLen, 0, uint64(i))}
		traffictest.Write(t, q, p, 0)
		bytes += uint64(size)
	}
	c := traffictest.ReadSink(t, bed, r)
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
	bed := traffictest.Devices(t, tun.TAP, 0)
	q := traffictest.Attach(t, bed.B(), tun.TAP)
	r := traffictest.OpenSink(t, bed.B(), NewXDP, sink.Config{Flows: 1})
	p := traffictest.Packet{Ethernet: true, Port: traffictest.Port, Payload: traffictest.Stamped(0, size, 0, 0, 1, 2), Partial: true}
	traffictest.Write(t, q, p, size)
	if total := traffictest.ReadSink(t, bed, r).Total(); total != (sink.CPUCounts{Foreign: 1}) {
		t.Errorf("got %+v, want one foreign", total)
	}
}

func TestXDPSinkOnLargeVeth(t *testing.T) {
	bed := traffictest.Up(t, testbed.Config{Topology: testbed.Veth, MTU: 9000})
	r := traffictest.OpenSink(t, bed.B(), NewXDP, sink.Config{Flows: 1, Verify: true})
	s := traffictest.Open(t, socket.NewSender, socket.SenderConfig{
		Enter: bed.A().Namespace.Do, Profile: traffictest.Profile(bed, false, 1, 9000),
		Segments: 1, CPU: -1, Grace: traffictest.Long,
	})
	sent, err := s.Run(t.Context(), load.Load{Pps: 5_000}, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	traffictest.CheckDelivery(t, sent, traffictest.ReadSink(t, bed, r))
}

func TestXDPSinkUnsupportedOnTUN(t *testing.T) {
	bed := traffictest.Devices(t, tun.TUN, 0)
	r, err := NewXDP(sink.Config{Enter: bed.B().Namespace.Do, IfIndex: bed.B().IfIndex, Port: traffictest.Port, Flows: 1})
	var unsupported *host.UnsupportedError
	if !errors.As(err, &unsupported) || r != nil {
		t.Errorf("got %v, %v; want a host.UnsupportedError", r, err)
	}
}

// XDP is not told the segment size: what is longer than the MTU cannot be opened.
func TestXDPSinkRefusesSuperpackets(t *testing.T) {
	const mtu = 1500
	s := loadSinkWith(t, "xdp", sink.Config{Flows: 1}, map[string]any{sinkXDPVarMaxLen: uint32(mtu)})
	for i, size := range []int{mtu, mtu + 1} {
		p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(0, size-wire.IPv4Len-wire.UDPLen, 0, uint64(i))}
		s.receive(p.Build(), 0)
	}
	if got := s.counts().Total(); got.Segments != 1 || got.Foreign != 1 {
		t.Errorf("%+v, want 1 segment and 1 foreign", got)
	}
}
