package measure

import (
	"context"
	"os"
	"strings"
	"testing"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/traffic/independent"
	"tunbench/results"
)

// needGenerator skips a test whose generator is not installed, but not in CI, which installs it.
func needGenerator(t *testing.T, p independent.Program) {
	t.Helper()
	requireRoot(t)
	if _, err := p.Find(t.Context()); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// TestIndependentGenerators: what they count is in the fields that our own generators fill.
func TestIndependentGenerators(t *testing.T) {
	needGenerator(t, independent.Iperf3Program())
	needGenerator(t, independent.SockperfProgram())
	for words, look := range map[string]func(results.Trial) bool{
		"gen=iperf3 proto=tcp dir=bi flows=2 ip=6 warmup=100ms duration=5s": func(r results.Trial) bool {
			return *r.ThroughputBps > 0 && len(r.Directions) == 2 && r.TCP.Streams == 4 && r.LossRatio == nil && r.Sender.Version != ""
		},
		"gen=iperf3 size=100 load=2000 flows=2 warmup=0s duration=5s": func(r results.Trial) bool {
			return *r.IntendedPps == 2000 && *r.ForwardedPps > 0 && *r.LossRatio >= 0 && r.TCP == nil && r.Sender.Kind == results.SenderIperf3
		},
		"gen=sockperf load=pingpong warmup=100ms duration=2s": func(r results.Trial) bool {
			return r.RoundTripNs.Count > 0 && r.LatencyNs == nil && *r.LossRatio < 1 && r.Sender.Kind == results.SenderSockperf
		},
	} {
		trial := measured(t, "dut=veth "+words, nil)
		if trial.DurationS <= 0 || !look(trial) || len(trial.Ledger) > 0 {
			t.Errorf("%s: %+v", words, trial)
		}
	}
}

// TestInterruptedGenerators leave no figures, and end at once.
func TestInterruptedGenerators(t *testing.T) {
	needGenerator(t, independent.Iperf3Program())
	needGenerator(t, independent.SockperfProgram())
	for _, words := range []string{"gen=iperf3 proto=tcp duration=30s", "gen=sockperf load=pingpong duration=30s"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		options := Options{entering: func(_ *Rig, p phase) {
			if p == phaseLoad {
				cancel()
			}
		}}
		trial, err := Trial(ctx, parse(t, "dut=veth warmup=100ms "+words), options)
		if err != nil || trial.Error != "" || !trial.Interrupted || trial.ThroughputBps != nil || trial.RoundTripNs != nil {
			t.Errorf("%s: %v, %+v", words, err, trial)
		}
	}
}

// TestGeneratorNotInstalled is told before anything is measured, and nothing stands in for it.
func TestGeneratorNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	scenarios := []scenario.Scenario{parse(t, "proto=tcp"), parse(t, "proto=tcp gen=iperf3")}
	_, _, err := Fit(scenarios, ProbeFeatures(scenarios))
	if err == nil || !strings.Contains(err.Error(), "Debian package iperf3") {
		t.Errorf("%v", err)
	}
	if _, _, err := Fit(scenarios[:1], ProbeFeatures(scenarios[:1])); err != nil {
		t.Errorf("without iperf3: %v", err)
	}
}
