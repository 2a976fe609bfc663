package gate

import (
	"testing"

	"tunbench/results"
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
