package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// comparedRun has three rounds of two arms, of which one does not count.
func comparedRun(t testing.TB) *results.File {
	f := fixture.File(results.Host{Time: fixture.Start, Hostname: "bench-1"}, results.End{Status: results.Completed, Trials: 6})
	for round := range 3 {
		for _, arm := range []string{results.ArmA, results.ArmB} {
			trial := fixture.ArmTrial(round, arm, 1.2e6+1e5*float64(round))
			trial.ThroughputBps, trial.LossRatio, trial.LatencyNs = new(512e6), new(0.0), fixture.Distribution(t, 20e3, 90e3)
			trial.CPU = &results.CPU{DUTNsPerPacket: new(700.0), MachineNsPerPacket: new(1500.0)}
			if arm == results.ArmB {
				*trial.ForwardedPps, *trial.LossRatio, trial.LatencyNs = 250e3, 0.75, fixture.Distribution(t, 3e6, 9e6)
				trial.CPU.DUTNsPerPacket = new(3500.0)
			}
			f.Add(trial)
		}
	}
	f.Trials[3].Error = "ended"
	comparisons, err := analysis.Compare(f.Trials, analysis.CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Recorded(comparisons) {
		f.Add(c)
	}
	return f
}

// TestComparisonOfOneScenario: the arms may be the same, which shows what the method is worth.
func TestComparisonOfOneScenario(t *testing.T) {
	f := comparedRun(t)
	for i := range f.Comparisons {
		f.Comparisons[i].ScenarioB = fixture.ScenarioA
	}
	got, err := Table(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "A and B are the same") || !strings.Contains(got, "scenario: "+fixture.ScenarioA) {
		t.Errorf("no word of it:\n%s", got)
	}
}

// TestSentenceOfALargeChange: what could have been seen is a ratio where percents mean nothing any more.
func TestSentenceOfALargeChange(t *testing.T) {
	c := results.Comparison{Metric: results.MetricForwarded, Verdict: results.VerdictInconclusive, Confidence: 0.95, Ratio: 1, Low: 0.2, High: 30, Rounds: 1}
	for detectable, want := range map[float64]string{
		0.05: "; a change of 5.00 % would have been seen", 35.549: "; only a change to 36.5 times would have been seen", 0: "(1 round)",
	} {
		c.Detectable = detectable
		if got := Sentence(c); !strings.HasSuffix(got, want) {
			t.Errorf("%q does not end in %q", got, want)
		}
	}
}

// TestSentenceSaysTheVerdict: whatever it is.
func TestSentenceSaysTheVerdict(t *testing.T) {
	for _, v := range []results.Verdict{results.VerdictBetter, results.VerdictWorse, results.VerdictSame, results.VerdictInconclusive} {
		for _, c := range []results.Comparison{
			{Rounds: 12, Confidence: 0.95}, {Rounds: 4}, {Rounds: 12, UnmeasuredRounds: 1, Confidence: 0.95}, {Rounds: 12, NothingRounds: 1, Confidence: 0.95},
		} {
			c.Metric, c.Verdict, c.Ratio, c.Low, c.High = results.MetricForwarded, v, 0.9, 0.8, 1
			if got := Sentence(c); !strings.Contains(got, string(v)) {
				t.Errorf("no word of %s: %s", v, got)
			}
		}
	}
	none := results.Comparison{Metric: results.MetricForwarded, Verdict: results.VerdictInconclusive, UnmeasuredRounds: 2}
	if got := Sentence(none); got != "forwarded pps: inconclusive, none of 2 rounds has a ratio" {
		t.Error(got)
	}
}

func TestCountAre(t *testing.T) {
	if one, many := countAre(1, "round"), countAre(12, "round"); one != "1 round is" || many != "12 rounds are" {
		t.Errorf("%q, %q", one, many)
	}
}
