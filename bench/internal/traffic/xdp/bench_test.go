package xdp

import (
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/forwarder/tun"
)

// The benchmarks report the highest load with nobody reading, Mpps, and the pacing
// at a low rate and at 80 % of that load: lateness in µs and the share of the
// intended packets that was not offered. Only on a core that nobody else uses do
// the last three say something of the generator.

func BenchmarkXDPIntoTUN(b *testing.B) {
	bed := upRouting(b, testbed.Config{Topology: testbed.Devices, Kind: tun.TUN, Qdisc: "noqueue"})
	attachBare(b, bed.A(), tun.TUN)
	for _, c := range []struct {
		name string
		ipv6 bool
	}{{"ip=4", false}, {"ip=6", true}} {
		b.Run(c.name, func(b *testing.B) { benchmarkXDP(b, handed(bed, c.ipv6, 1, load.OneSize(64))) })
		b.Run(c.name+"/routed", func(b *testing.B) { benchmarkXDP(b, routed(bed, c.ipv6, 1, load.OneSize(64))) })
	}
}

func BenchmarkXDPIntoTAP(b *testing.B) {
	bed := upRouting(b, testbed.Config{Topology: testbed.Devices, Kind: tun.TAP})
	attachBare(b, bed.A(), tun.TAP)
	for _, c := range []struct {
		name  string
		flows int
		sizes []load.SizeShare
	}{
		{"flows=1/size=64", 1, load.OneSize(64)},
		{"flows=1000/size=64", 1000, load.OneSize(64)},
		{"flows=1/size=1400", 1, load.OneSize(1400)},
		{"flows=1/size=imix", 1, []load.SizeShare{{Size: 64, Weight: 7}, {Size: 570, Weight: 4}, {Size: 1500, Weight: 1}}},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkXDP(b, redirected(bed, false, c.flows, c.sizes)) })
	}
}

// The receiving end, with a sink on it, works in the generator's thread.
func BenchmarkXDPIntoVeth(b *testing.B) {
	bed := upRouting(b, testbed.Config{Topology: testbed.Veth, NAPI: true})
	newTestSink(b, bed.B(), 1)
	benchmarkXDP(b, redirected(bed, false, 1, load.OneSize(64)))
}

func benchmarkXDP(b *testing.B, cfg Config) {
	const d = time.Second / 2
	x := newTestXDP(b, cfg)
	run := func(pps float64) load.Sent {
		sent, err := x.Run(b.Context(), load.Load{Pps: pps}, d)
		if err != nil {
			b.Fatal(err)
		}
		return sent
	}
	var offered uint64
	var spent time.Duration
	var low, high load.Sent
	for b.Loop() {
		most := run(0)
		offered += most.Offered
		spent += most.Duration
		low = run(100_000)
		high = run(0.8 * float64(most.Offered) / most.Duration.Seconds())
	}
	b.ReportMetric(float64(offered)/spent.Seconds()/1e6, "Mpps")
	b.ReportMetric(float64(low.Lateness.ValueAtQuantile(99))/1e3, "µs-p99-100k")
	b.ReportMetric(float64(high.Lateness.ValueAtQuantile(99))/1e3, "µs-p99-80%")
	b.ReportMetric(float64(high.NotOffered)/float64(high.Intended), "short-80%")
	b.ReportMetric(0, "ns/op")
}
