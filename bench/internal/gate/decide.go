package gate

import (
	"slices"

	"tunbench/results"
	"tunbench/results/analysis"
)

// Outcome is what the gate makes of one metric of a scenario, in a word.
type Outcome string

// The outcomes.
const (
	Same         Outcome = "same"
	Better       Outcome = "better"
	NotWorse     Outcome = "not worse"     // between the two: whatever it is, it is not worse by more than the margin
	Worse        Outcome = "worse"         // in both series; of a metric that is reported only, in the one there was; also where B brought nothing through
	NotConfirmed Outcome = "not confirmed" // worse in the first series, not worse in the second: no failure
	Inconclusive Outcome = "inconclusive"
)

// fine says whether one series is enough to see that nothing is worse.
func (o Outcome) fine() bool { return o == Same || o == Better || o == NotWorse }

// Finding is one metric of one scenario.
type Finding struct {
	First    results.Comparison
	Second   *results.Comparison // of the series that was to confirm a worse, or found that nothing came through; else nil
	Required bool
	Outcome  Outcome
}

// decide takes the series of a scenario together, the first and, where something in it was worse, the second: of what was worse only, which
// it was made for. What else it says by chance must not undo what is decided. That nothing came through is no chance, in whichever series.
func (t Thresholds) decide(series []Series) []Finding {
	var findings []Finding
	for _, first := range series[0].Comparisons {
		f := Finding{First: first, Required: t.Requires(first.Metric)}
		if len(series) > 1 {
			if second := comparisonIn(series[1], first.Metric); first.Verdict == results.VerdictWorse || nothing(second) {
				f.Second = second
			}
		}
		f.Outcome = f.outcome()
		findings = append(findings, f)
	}
	return findings
}

func comparisonIn(s Series, m results.Metric) *results.Comparison {
	i := slices.IndexFunc(s.Comparisons, func(c results.Comparison) bool { return c.Metric == m })
	if i < 0 {
		return nil
	}
	return &s.Comparisons[i]
}

// nothing says whether B brought nothing through where A did.
func nothing(c *results.Comparison) bool {
	return c != nil && c.Verdict == results.VerdictWorse && c.NothingRounds > 0
}

func (f Finding) outcome() Outcome {
	switch {
	case nothing(f.Second):
		return Worse
	case f.First.Verdict != results.VerdictWorse:
		return outcomeOf(f.First)
	case f.First.NothingRounds > 0:
		return Worse // it happened, and no second series undoes it
	case f.Second != nil:
		return confirmed(*f.Second)
	case f.Required:
		return Inconclusive // the second series did not come so far
	}
	return Worse
}

// confirmed is what becomes of a worse by the second series.
func confirmed(second results.Comparison) Outcome {
	o := outcomeOf(second)
	if o.fine() {
		return NotConfirmed
	}
	return o
}

func outcomeOf(c results.Comparison) Outcome {
	switch {
	case c.Verdict == results.VerdictSame:
		return Same
	case c.Verdict == results.VerdictBetter:
		return Better
	case c.Verdict == results.VerdictWorse:
		return Worse
	case analysis.NotWorse(c):
		return NotWorse
	}
	return Inconclusive
}

// needsConfirmation says whether a required metric is worse in a first series by what statistics show.
func (t Thresholds) needsConfirmation(s Series) bool {
	return slices.ContainsFunc(s.Comparisons, func(c results.Comparison) bool {
		return c.Verdict == results.VerdictWorse && c.NothingRounds == 0 && t.Requires(c.Metric)
	})
}
