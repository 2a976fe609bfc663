package gate

import (
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
)

func TestOutcome(t *testing.T) {
	const none = results.Verdict("")
	for _, test := range []struct {
		first, second results.Verdict
		required      Outcome
		reported      Outcome
	}{
		{results.VerdictSame, none, Same, Same},
		{results.VerdictBetter, none, Better, Better},
		{results.VerdictInconclusive, none, Inconclusive, Inconclusive},
		{results.VerdictWorse, none, Inconclusive, Worse},
		{results.VerdictWorse, results.VerdictWorse, Worse, Worse},
		{results.VerdictWorse, results.VerdictSame, NotConfirmed, NotConfirmed},
		{results.VerdictWorse, results.VerdictBetter, NotConfirmed, NotConfirmed},
		{results.VerdictWorse, results.VerdictInconclusive, Inconclusive, Inconclusive},
		// What was decided stays so, whatever a second series says that was made for another metric.
		{results.VerdictSame, results.VerdictWorse, Same, Same},
		{results.VerdictBetter, results.VerdictWorse, Better, Better},
		{results.VerdictInconclusive, results.VerdictWorse, Inconclusive, Inconclusive},
		{results.VerdictInconclusive, results.VerdictSame, Inconclusive, Inconclusive},
	} {
		series := []Series{forwarded(test.first)}
		if test.second != none {
			series = append(series, forwarded(test.second))
		}
		required := DefaultThresholds()
		reported := with(func(t *Thresholds) { t.Metrics[results.MetricForwarded] = Threshold{Margin: 0.02} })
		for thresholds, want := range map[*Thresholds]Outcome{&required: test.required, &reported: test.reported} {
			if got := thresholds.decide(series); len(got) != 1 || got[0].Outcome != want || got[0].Required != (thresholds == &required) {
				t.Errorf("%s, then %q: %+v, want %s", test.first, test.second, got, want)
			}
		}
	}
}

// TestNotWorse: between same and better there is nothing for a gate to be undecided about, as long as the series can be trusted.
func TestNotWorse(t *testing.T) {
	limit := 1 + analysis.DefaultMargin(results.MetricForwarded)
	between := judged(results.MetricForwarded, results.VerdictInconclusive)
	between.Ratio, between.Low, between.High = limit, 1.001/limit, 1.001*limit
	cost := judged(results.MetricDUTCost, results.VerdictInconclusive)
	cost.Ratio, cost.Low, cost.High = 0.95, 0.9, 1.001
	below, few, moved := between, between, between
	below.Low = 0.999 / limit
	few.Confidence = 0
	moved.Control = &results.Control{Ratio: 1.2, Low: 1.1, High: 1.3, PValue: 0.0001}
	worse := judged(results.MetricForwarded, results.VerdictWorse)
	for name, test := range map[string]struct {
		series []results.Comparison
		want   Outcome
	}{
		"more of what is good":       {[]results.Comparison{between}, NotWorse},
		"less of what is bad":        {[]results.Comparison{cost}, NotWorse},
		"may be worse":               {[]results.Comparison{below}, Inconclusive},
		"too few rounds":             {[]results.Comparison{few}, Inconclusive},
		"the control moved":          {[]results.Comparison{moved}, Inconclusive},
		"worse, then not worse":      {[]results.Comparison{worse, between}, NotConfirmed},
		"worse, then may be worse":   {[]results.Comparison{worse, below}, Inconclusive},
		"not worse, and not checked": {[]results.Comparison{between, worse}, NotWorse},
	} {
		var series []Series
		for _, c := range test.series {
			series = append(series, Series{Comparisons: []results.Comparison{c}})
		}
		if got := DefaultThresholds().decide(series)[0].Outcome; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
