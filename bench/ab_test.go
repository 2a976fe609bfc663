package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
)

// TestAB: every round measures both arms twice, ABBA and then BAAB; the records say so
// and can be shown again.
func TestAB(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "ab.jsonl")
	code, stdout, stderr := tunbench(t, "ab", "a:dut=forwarder", "b:dut=veth", "queues=2", "flows=8", "load=20000", "duration=100ms", "warmup=20ms",
		"-n", "2", "--no-calibration", "-o", file)
	if code != exitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	f := readBack(t, file)
	var order []string
	for _, trial := range f.Trials {
		order = append(order, trial.Arm+itoa(trial.Round))
		if isA := strings.Contains(trial.Scenario, "dut=forwarder/"); isA != (trial.Arm == results.ArmA) {
			t.Errorf("arm %s measured %s", trial.Arm, trial.Scenario)
		}
	}
	if diff := cmp.Diff(strings.Fields("A0 B0 B0 A0 B1 A1 A1 B1"), order); diff != "" {
		t.Errorf("order of trials (-want +got):\n%s", diff)
	}
	metrics := map[results.Metric]results.Comparison{}
	for _, c := range f.Comparisons {
		metrics[c.Metric] = c
	}
	for _, m := range []results.Metric{results.MetricForwarded, results.Latency("p50"), results.MetricMachineCost} {
		c, ok := metrics[m]
		if !ok || c.Rounds != 2 || c.Low > c.Ratio || c.Ratio > c.High || c.Low <= 0 {
			t.Errorf("%s: %+v", m, c)
		}
	}
	if _, ok := metrics[results.MetricDUTCost]; ok {
		t.Error("a veth pair has a process to compare with")
	}
	for _, word := range []string{"A: forwarder", "B: veth", "A/B", "forwarded pps", "latency p99"} {
		if !strings.Contains(stdout, word) {
			t.Errorf("%q is missing from\n%s", word, stdout)
		}
	}
	if code, again, stderr := tunbench(t, "report", file); code != exitSuccess || again != stdout {
		t.Errorf("report: exit code %d, %s:\n%s", code, stderr, again)
	}
}

// TestABOfOneScenario: a scenario against itself, as records.
func TestABOfOneScenario(t *testing.T) {
	needRoot(t)
	trials := trialsOf(t, "ab", "dut=veth", "load=20000", "duration=100ms", "warmup=0s", "-n", "1", "--json", "--no-calibration")
	if len(trials) != 4 || trials[0].Scenario != trials[1].Scenario || trials[0].Arm == trials[1].Arm {
		t.Errorf("trials %+v", trials)
	}
}
