package report

import (
	"time"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// sweptRun is a whole sweep.
func sweptRun(rounds int) *results.File {
	s := fixture.FullSweep(fixture.OffloadKnobs(), rounds)
	f := fixture.File(results.Host{Time: fixture.Start, Hostname: "bench-1"}, s, results.End{Status: results.Completed, Trials: len(s.Scenarios) * rounds})
	f.Trials = fixture.Simulate(s, fixture.OffloadTruth, 0.02, 2)
	return f
}

// troubledSweep was interrupted, resumed, drifted, and has trials that failed; its combinations are not all allowed.
func troubledSweep() *results.File {
	s := fixture.FullSweep([]results.Knob{{Key: "offload", Values: []string{"none", "all"}}, {Key: "sysctl.net.ipv4.tcp_sack", Values: []string{"0", "1"}}}, 3)
	s.Design, s.Dropped, s.DroppedReason, s.Metric = "pairwise", 2, "offload=all: needs the vnet header", results.Latency("p99")
	s.Scenarios = s.Scenarios[:3]
	again := s
	again.Start = s.Start.Add(time.Hour)
	f := fixture.File(results.Host{Time: fixture.Start, Hostname: "bench-1"}, s, again, results.End{Status: results.Completed, Trials: 9})
	f.Trials = fixture.Simulate(s, fixture.OffloadTruth, 0.01, 2)
	for i := range f.Trials {
		us := 3000.0 * float64(20+i)
		f.Trials[i].ThroughputBps, f.Trials[i].LatencyNs = nil, &results.Distribution{P99: int64(us)}
	}
	f.Trials[4].Error = "ended"
	f.Trials[5].LatencyNs = nil
	return f
}
