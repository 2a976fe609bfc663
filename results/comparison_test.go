package results

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	scenarioA = "dut=forwarder/load=max/queues=1/size=64"
	scenarioB = "dut=wireguard-go/load=max/size=64"
)

// armTrial is a trial of an arm with one figure.
func armTrial(round int, arm string, pps float64) Trial {
	t := Trial{Scenario: scenarioA, Round: round, Arm: arm, Start: sampleStart, Traffic: Traffic{ForwardedPps: &pps}}
	if arm == ArmB {
		t.Scenario = scenarioB
	}
	return t
}

func TestCompare(t *testing.T) {
	failed, interrupted, bare := armTrial(1, ArmB, 100), armTrial(2, ArmA, 100), armTrial(1, ArmB, 0)
	failed.Error, interrupted.Interrupted, bare.ForwardedPps = "ended", true, nil
	plain := armTrial(0, "", 12345)
	forwarded := func(ratio, low, high float64, rounds int) []Comparison {
		return []Comparison{{ScenarioA: scenarioA, ScenarioB: scenarioB, Metric: MetricForwarded, Ratio: ratio, Low: low, High: high, Rounds: rounds}}
	}
	for name, test := range map[string]struct {
		trials []Trial
		want   []Comparison
	}{
		"nothing": {},
		"no arms": {[]Trial{plain}, nil},
		"a pair":  {[]Trial{armTrial(0, ArmA, 300), armTrial(0, ArmB, 100), plain}, forwarded(3, 3, 3, 1)},
		"a round of four is its means": {
			[]Trial{armTrial(0, ArmA, 300), armTrial(0, ArmB, 50), armTrial(0, ArmB, 150), armTrial(0, ArmA, 500)}, forwarded(4, 4, 4, 1),
		},
		"the median of rounds, not the ratio of medians": {
			[]Trial{
				armTrial(0, ArmA, 200), armTrial(0, ArmB, 100),
				armTrial(1, ArmB, 1), armTrial(1, ArmA, 3),
				armTrial(2, ArmA, 5000), armTrial(2, ArmB, 1000),
			}, forwarded(3, 2, 5, 3),
		},
		"a failed trial takes its round along": {
			[]Trial{armTrial(0, ArmA, 200), armTrial(0, ArmB, 100), armTrial(1, ArmA, 900), armTrial(1, ArmB, 100), failed}, forwarded(2, 2, 2, 1),
		},
		"and so does one that was interrupted": {
			[]Trial{armTrial(0, ArmA, 200), armTrial(0, ArmB, 100), armTrial(2, ArmB, 1), interrupted}, forwarded(2, 2, 2, 1),
		},
		"an arm is missing":     {[]Trial{armTrial(0, ArmA, 200), armTrial(1, ArmB, 100)}, nil},
		"a figure is zero":      {[]Trial{armTrial(0, ArmA, 200), armTrial(0, ArmB, 0)}, nil},
		"a figure is absent":    {[]Trial{armTrial(1, ArmA, 200), bare}, nil},
		"absent from one trial": {[]Trial{armTrial(1, ArmA, 200), armTrial(1, ArmB, 100), bare}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Compare(test.trials)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCompareMetrics: each metric has its own rounds; what only one arm has is left out.
func TestCompareMetrics(t *testing.T) {
	var trials []Trial
	for i := range 2 {
		a, b := armTrial(i, ArmA, 100), armTrial(i, ArmB, 50)
		a.LossRatio, b.LossRatio = new(0.0), new(0.5)
		a.CPU, b.CPU = &CPU{DUTNsPerPacket: new(200.0)}, &CPU{}
		a.LatencyNs, b.LatencyNs = distribution(t, 1000), distribution(t, 4000)
		trials = append(trials, a, b)
	}
	trials[0].LatencyNs = nil
	got, err := Compare(trials)
	if err != nil {
		t.Fatal(err)
	}
	rounds := map[Metric]int{}
	for _, c := range got {
		rounds[c.Metric] = c.Rounds
	}
	if diff := cmp.Diff(map[Metric]int{MetricForwarded: 2, Latency("p50"): 1, Latency("p99"): 1}, rounds); diff != "" {
		t.Errorf("rounds by metric (-want +got):\n%s", diff)
	}
}

// comparedRun has three rounds of two arms, of which one does not count.
func comparedRun(t testing.TB) *File {
	f := fileOf(Host{Time: sampleStart, Hostname: "bench-1"}, End{Status: Completed, Trials: 6})
	for round := range 3 {
		for _, arm := range []string{ArmA, ArmB} {
			trial := armTrial(round, arm, 1.2e6+1e5*float64(round))
			trial.ThroughputBps, trial.LossRatio, trial.LatencyNs = new(512e6), new(0.0), distribution(t, 20e3, 90e3)
			trial.CPU = &CPU{DUTNsPerPacket: new(700.0), MachineNsPerPacket: new(1500.0)}
			if arm == ArmB {
				*trial.ForwardedPps, *trial.LossRatio, trial.LatencyNs = 250e3, 0.75, distribution(t, 3e6, 9e6)
				trial.CPU.DUTNsPerPacket = new(3500.0)
			}
			f.Add(trial)
		}
	}
	f.Trials[3].Error = "ended"
	comparisons, err := Compare(f.Trials)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range comparisons {
		f.Add(c)
	}
	return f
}

// TestComparisonOfOneScenario: the arms may be the same, which shows what the method is worth.
func TestComparisonOfOneScenario(t *testing.T) {
	f := comparedRun(t)
	for i := range f.Comparisons {
		f.Comparisons[i].ScenarioB = scenarioA
	}
	got, err := Table(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "A and B are the same") || !strings.Contains(got, "scenario: "+scenarioA) {
		t.Errorf("no word of it:\n%s", got)
	}
}
