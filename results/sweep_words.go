package results

import (
	"fmt"
	"time"
)

// sweepSentence says what of a sweep was not measured, and what makes its effects doubtful.
func sweepSentence(odd Odd) string {
	switch o := odd.(type) {
	case CombinationsDropped:
		return fmt.Sprintf("%s left out, such as %s", Count(o.Combinations, "combination"), plain(o.Reason))
	case SeveralSittings:
		return fmt.Sprintf("measured in %d sittings, from %s to %s: the machine may have changed between them", o.Sittings, clock(o.First), clock(o.Last))
	case TrialsMissing:
		return fmt.Sprintf("%d of %s are missing: the effects are those of the others", o.Missing, trialsOf(o.Of))
	case NoLogarithm:
		return fmt.Sprintf("%s without %s above zero, which has no logarithm, left out of the effects", trialsOf(o.Trials), plain(string(o.Metric)))
	case LevelGone:
		return fmt.Sprintf("%s=%s is not among the effects: %s", plain(o.Knob), plain(o.Value), levelWords(o.LostLevel))
	case NoIntervals:
		return "too few rounds for an interval: every effect may be chance; measure 3 rounds or more"
	case FewRounds:
		return fmt.Sprintf("%s: intervals rest on little; measure %d or more", Count(o.Rounds, "round"), o.Least)
	case RoundsDrifted:
		return fmt.Sprintf("%s drifted by %s %% within a round: the random order spreads that over all knobs, as noise",
			plain(string(o.Metric)), signed(o.ChangeRatio, percent))
	}
	return ""
}

func clock(t time.Time) string { return t.UTC().Format(time.DateTime) }
