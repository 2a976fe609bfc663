package traffictest

import (
	"io"
	"testing"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
)

// Open opens a generator or a sink, which ends with the test.
func Open[C any, T io.Closer](tb testing.TB, open func(C) (T, error), cfg C) T {
	tb.Helper()
	x, err := open(cfg)
	if err != nil {
		tb.Fatalf("%+v", err)
	}
	tb.Cleanup(func() {
		if err := x.Close(); err != nil {
			tb.Error(err)
		}
	})
	return x
}

// OpenSink opens a sink at end, where cfg does not say otherwise.
func OpenSink[T sink.Sink](tb testing.TB, end *testbed.End, open func(sink.Config) (T, error), cfg sink.Config) T {
	tb.Helper()
	cfg.Enter = end.Namespace.Do
	cfg.IfIndex = end.IfIndex
	cfg.Ethernet = end.Ethernet
	cfg.Port = Port
	return Open(tb, open, cfg)
}

// Profile is a load of one size from A to B.
func Profile(bed *testbed.Testbed, ipv6 bool, flows, size int) load.Profile {
	return load.Profile{
		Src:   Address(bed.A(), ipv6),
		Dst:   Address(bed.B(), ipv6),
		Port:  Port,
		Flows: flows,
		Sizes: load.OneSize(size),
	}
}

// IMIX is a mix of three sizes.
func IMIX() []load.SizeShare {
	return []load.SizeShare{{Size: 64, Weight: 7}, {Size: 570, Weight: 4}, {Size: 1518, Weight: 1}}
}
