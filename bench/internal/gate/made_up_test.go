package gate

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/analysis"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

const (
	small = "dut=forwarder/load=max/proto=udp/size=64"
	paced = "dut=forwarder/load=100000/proto=udp/size=64"
)

var start = time.Date(2026, 5, 4, 12, 30, 0, 123456789, time.UTC)

// judged is a comparison with a verdict and figures that fit it.
func judged(m results.Metric, v results.Verdict) results.Comparison {
	c := results.Comparison{
		ScenarioA: small, ScenarioB: small, Metric: m, Confidence: 0.95, Margin: analysis.DefaultMargin(m), Rounds: 20, PValue: 0.0001, Verdict: v,
		Ratio: 1.001, Low: 0.995, High: 1.005,
	}
	switch worse := 0.92; {
	case v == results.VerdictInconclusive:
		c.Low, c.High, c.PValue, c.Detectable = 0.9, 1.1, 0.9, 0.07
	case v == results.VerdictSame:
	case m.MoreIsBetter() == (v == results.VerdictWorse):
		c.Ratio, c.Low, c.High = worse, worse-0.01, worse+0.01
	default:
		c.Ratio, c.Low, c.High = 1/worse, 1/worse-0.01, 1/worse+0.01
	}
	return c
}

// seriesOf is one series with such verdicts.
func seriesOf(verdicts map[results.Metric]results.Verdict) Series {
	var s Series
	for _, m := range analysis.ArmMetrics() {
		if v, ok := verdicts[m]; ok {
			s.Comparisons = append(s.Comparisons, judged(m, v))
		}
	}
	for i, arm := range []string{results.ArmA, results.ArmB} {
		s.Trials = append(s.Trials, results.Trial{
			Scenario: small, Arm: arm, Start: start,
			Traffic: results.Traffic{ForwardedPps: new(500e3 - 40e3*float64(i))},
			CPU:     &results.CPU{DUTNsPerPacket: new(1850 + 100*float64(i))},
		})
	}
	return s
}

// forwarded is a series about nothing but packets per second.
func forwarded(v results.Verdict) Series {
	return seriesOf(map[results.Metric]results.Verdict{results.MetricForwarded: v})
}

// reportOf decides about series as Run does, scenario by scenario.
func reportOf(t Thresholds, scenarios ...Scenario) Report {
	r := Report{Confidence: t.Confidence}
	for _, s := range scenarios {
		s.Findings = t.decide(s.Series)
		r.Scenarios = append(r.Scenarios, s)
	}
	r.Unmeasured = r.without(t.named())
	return r
}

// troubled is a report with one of each outcome, and text that must not be read as markup.
func troubled() Report {
	first := seriesOf(map[results.Metric]results.Verdict{
		results.MetricForwarded: results.VerdictWorse, results.MetricDUTCost: results.VerdictWorse, results.MetricMachineCost: results.VerdictWorse,
	})
	second := seriesOf(map[results.Metric]results.Verdict{
		results.MetricForwarded: results.VerdictWorse, results.MetricDUTCost: results.VerdictSame, results.MetricMachineCost: results.VerdictInconclusive,
	})
	calm := seriesOf(map[results.Metric]results.Verdict{
		results.Latency("p50"): results.VerdictInconclusive, results.Latency("p99"): results.VerdictWorse, results.MetricDUTCost: results.VerdictBetter,
	})
	calm.FailedArm = results.ArmB
	calm.Failure = "arm B: a trial failed: <panic> & \"quoted\" | *stars*\x1b[31m: exit status 2: panic: a bug\n\ngoroutine 1 [running]:\n" +
		"main.main()\n\t/src/main.go:7 +0x18\n" + strings.Repeat("runtime.goexit()\n\t/go/src/runtime/asm.s:1 +0x1\n", 20)
	r := reportOf(DefaultThresholds(), Scenario{Name: small, Series: []Series{first, second}}, Scenario{Name: paced, Series: []Series{calm}})
	r.Host = results.Host{
		Time: start, Hostname: "bench-1", Kernel: "6.18.1", CPUModel: "Model <1>", Cores: 2, Version: "v1.2.3", GoVersion: "go1.26.0",
		Args: []string{"gate", "--baseline", "git:main", "sysctl.net.core.netdev_budget=300", "it's"},
	}
	r.Baseline, r.Candidate = "git:main (0123456789ab)", "this program"
	r.Notes = []string{"a note"}
	r.Repeat = []string{"gate", "--baseline", "git:0123456789ab", "--candidate", ".", "sysctl.net.core.netdev_budget=300", "it's"}
	return r
}
