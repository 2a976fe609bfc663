package kernel

import (
	"fmt"
	"testing"

	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/forwarder/tun"
)

// BenchmarkSink reports what a program costs a forwarder for each segment.
func BenchmarkSink(b *testing.B) {
	for _, c := range []struct{ size, segments int }{{64, 1}, {1400, 1}, {64, 64}} {
		for _, kind := range []string{"tcx", "clsact", "xdp"} {
			if kind == "xdp" && c.segments > 1 {
				continue
			}
			for _, verify := range []bool{false, true} {
				name := fmt.Sprintf("sink=%s/size=%d/segs=%d/verify=%v", kind, c.size, c.segments, verify)
				b.Run(name, func(b *testing.B) { benchmarkSink(b, kind, c.size, c.segments, verify) })
			}
		}
	}
}

func benchmarkSink(b *testing.B, kind string, size, segments int, verify bool) {
	s := loadTestSink(b, kind, sink.Config{Flows: 1, Verify: verify}, 0)
	seqs := make([]uint64, segments)
	for i := range seqs {
		seqs[i] = uint64(i)
	}
	payload := size - wire.IPv4Len - wire.UDPLen
	p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(0, payload, 0, seqs...), Partial: true}
	o := s.options(p.Build(), payload)
	o.Repeat = uint32(b.N)
	b.ResetTimer()
	if _, err := s.Sink.Run(o); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*segments), "ns/segment")
	if got := s.counts().Total().Segments; got != uint64(b.N*segments) {
		b.Fatalf("%d segments counted of %d", got, b.N*segments)
	}
}

// BenchmarkSinkSuperpacket takes superpackets as a forwarder writes them, most of
// each outside the linear part of the skb, and reports the program's own time.
func BenchmarkSinkSuperpacket(b *testing.B) {
	const size, segments = 1400, 32
	const payload = size - wire.IPv4Len - wire.UDPLen
	seqs := make([]uint64, segments)
	for i := range seqs {
		seqs[i] = uint64(i)
	}
	p := traffictest.Packet{Port: traffictest.Port, Payload: traffictest.Stamped(0, payload, 0, seqs...), Partial: true}
	for _, verify := range []bool{false, true} {
		b.Run(fmt.Sprintf("verify=%v", verify), func(b *testing.B) {
			bed := traffictest.Devices(b, tun.TUN, 0)
			q := traffictest.Attach(b, bed.B(), tun.TUN)
			r := traffictest.OpenSink(b, bed.B(), NewIngress, sink.Config{Flows: 1, Verify: verify})
			stats, err := EnableCost()
			if err != nil {
				b.Fatal(err)
			}
			defer stats.Close()
			for b.Loop() {
				traffictest.Write(b, q, p, payload)
			}
			cost, err := r.Cost()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(cost.Time.Nanoseconds())/float64(cost.Runs*segments), "sink-ns/segment")
		})
	}
}
