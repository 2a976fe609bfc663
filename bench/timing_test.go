//go:build timing

package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
)

// The tests of this file hold on a quiet machine only: they want the speed and the
// punctuality that the command promises there. `make test-timing` runs them.

// TestTimingPacedLoad: what was asked for was offered, in time, and nothing was lost.
func TestTimingPacedLoad(t *testing.T) {
	needRoot(t)
	trial := measured(t, "dut=forwarder", "proto=udp", "size=64", "load=50000")[0]
	if got := *trial.OfferedPps; math.Abs(got-50000) > 500 {
		t.Errorf("offered %.0f pps, want 50000 within 1 %%", got)
	}
	if *trial.LossRatio != 0 {
		t.Errorf("loss ratio %v, want 0: %v", *trial.LossRatio, trial.Ledger)
	}
}

// TestTimingTCPAndPingPong: no path is absurdly slow.
func TestTimingTCPAndPingPong(t *testing.T) {
	needRoot(t)
	for _, trial := range measured(t, "dut=forwarder,route,veth,wireguard-go,netpoll", "proto=tcp", "duration=300ms") {
		if *trial.ThroughputBps < 1e6 {
			t.Errorf("%s: %v bit/s", trial.Scenario, *trial.ThroughputBps)
		}
	}
	for _, trial := range measured(t, "load=pingpong", "dut=forwarder,route,veth", "duration=200ms") {
		if trial.RoundTripNs.Count < 100 || *trial.LossRatio != 0 {
			t.Errorf("%s: round trips %+v, loss %v", trial.Scenario, trial.RoundTripNs, *trial.LossRatio)
		}
	}
}

// TestTimingSearch keeps the time that its preset promises.
func TestTimingSearch(t *testing.T) {
	needRoot(t)
	begin := time.Now()
	recordsOf(t, "search", "--preset", "ci-fast", "--latency", "dut=forwarder", "dev=tun", "size=64")
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("took %v, promised is a minute", took)
	}
}

// TestTimingHandicap: half a CPU that is wasted is found within nine rounds.
func TestTimingHandicap(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "ab.jsonl")
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	code, _, stderr := tunbench(t, "ab", "a:binary="+binary, "b:handicap=50%", "load=20000", "duration=100ms", "warmup=20ms",
		"-n", "9", "--min-rounds", "9", "--no-control", "--no-calibration", "-o", file)
	if code != exitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, c := range readBack(t, file).Comparisons {
		if c.Metric == results.MetricDUTCost && c.Verdict != results.VerdictWorse {
			t.Errorf("half a CPU was wasted and not found: %+v", c)
		}
	}
}

// TestTimingSweep finds the knob that is known to matter.
func TestTimingSweep(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "sweep.jsonl")
	code, stdout, stderr := tunbench(t, strings.Fields("sweep proto=tcp offload=none,all txqlen=200,1000 engine=sync,uring duration=200ms warmup=50ms -n 2 -o "+file)...)
	if code != exitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	f := readBack(t, file)
	effects, ok := analysis.EffectsOf(f.Sweeps[0], f.Trials)
	if !ok || effects.Ranked[0].Knobs[0] != "offload" || len(effects.Ranked[0].Knobs) != 1 || !effects.Ranked[0].Seen() || effects.Ranked[0].Most[0] != "all" {
		t.Errorf("effects %+v", effects)
	}
	if !strings.Contains(stdout, "offload explains") {
		t.Errorf("no word of offload in\n%s", stdout)
	}
}

// TestTimingSysctls: a small receive buffer makes TCP slower.
func TestTimingSysctls(t *testing.T) {
	needRoot(t)
	trials := trialsOf(t, strings.Fields("sweep --json proto=tcp sysctl.net.ipv4.tcp_rmem=4096+8192+16384,4096+131072+33554432 duration=200ms warmup=0s -n 1")...)
	bps := map[bool]float64{} // by whether the buffer is small
	for _, trial := range trials {
		bps[strings.Contains(trial.Scenario, "sysctl.net.ipv4.tcp_rmem=4096+8192+16384")] = *trial.ThroughputBps
	}
	if len(bps) != 2 || bps[true] >= bps[false] {
		t.Errorf("%v bit/s with a receive buffer of 16 KiB, %v with 32 MiB", bps[true], bps[false])
	}
}
