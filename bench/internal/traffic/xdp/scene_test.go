package xdp

import (
	"net/netip"
	"testing"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/sink/kernel"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/forwarder/tun"
)

// behind returns the address that A forwards from.
func behind(e *testbed.End, ipv6 bool) netip.Addr {
	if ipv6 {
		return e.Behind6
	}
	return e.Behind
}

// upRouting returns a scene whose ends route what appears on their lo.
func upRouting(tb testing.TB, cfg testbed.Config) *testbed.Testbed {
	tb.Helper()
	cfg.IPv6, cfg.MultiQueue, cfg.Forward = true, true, true
	return traffictest.Up(tb, cfg)
}

// attachBare opens the only queue of the end's device, without a vnet header: what is
// read from it are the packets on the wire.
func attachBare(tb testing.TB, end *testbed.End, kind tun.Kind) *tun.Queue {
	tb.Helper()
	device, err := tun.Open(tun.Config{NetNS: end.Namespace.Path(), Name: end.Device, Kind: kind, Queues: 1, MustExist: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { device.Close() })
	return device.Queues()[0]
}

// wayIn is one way for packets from A to B to get into A's device.
type wayIn func(bed *testbed.Testbed, ipv6 bool, flows int, sizes []load.SizeShare) Config

// routed is a generator whose packets go from A's lo to B.
func routed(bed *testbed.Testbed, ipv6 bool, flows int, sizes []load.SizeShare) Config {
	return Config{
		Enter: bed.A().Namespace.Do,
		Profile: load.Profile{
			Src: behind(bed.A(), ipv6), Dst: traffictest.Address(bed.B(), ipv6), Port: traffictest.Port, Flows: flows, Sizes: sizes,
		},
		CPU: -1,
	}
}

// handed is a generator whose packets a program on A's lo takes to A's device.
func handed(bed *testbed.Testbed, ipv6 bool, flows int, sizes []load.SizeShare) Config {
	c := routed(bed, ipv6, flows, sizes)
	c.Redirect = &Redirect{IfIndex: bed.A().IfIndex, Src: bed.A().HardwareAddr, Dst: bed.A().NextHop, Queued: true}
	return c
}

// handedByClsact is handed on a kernel without TCX.
func handedByClsact(bed *testbed.Testbed, ipv6 bool, flows int, sizes []load.SizeShare) Config {
	c := handed(bed, ipv6, flows, sizes)
	c.clsact = true
	return c
}

// redirected is a generator whose packets go straight into A's device.
func redirected(bed *testbed.Testbed, ipv6 bool, flows int, sizes []load.SizeShare) Config {
	c := routed(bed, ipv6, flows, sizes)
	c.Redirect = &Redirect{IfIndex: bed.A().IfIndex, Src: bed.A().HardwareAddr, Dst: bed.A().NextHop}
	return c
}

func newTestXDP(tb testing.TB, cfg Config) *Generator {
	tb.Helper()
	cfg.Grace = traffictest.Long
	return traffictest.Open(tb, New, cfg)
}

// newTestSink attaches a sink in the kernel to end, which ends with the test.
func newTestSink(tb testing.TB, end *testbed.End, flows int) *kernel.Sink {
	tb.Helper()
	return traffictest.OpenSink(tb, end, kernel.NewIngress, sink.Config{Flows: flows})
}
