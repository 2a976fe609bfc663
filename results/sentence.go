package results

import (
	"fmt"
	"math"
)

// Sentence is the verdict of a comparison in words that need no table.
func Sentence(c Comparison) string {
	what := Label(c.Metric)
	interval := fmt.Sprintf("%s %% interval %s to %s, %s", percent(c.Confidence), change(c.Low), change(c.High), Count(c.Rounds, "round"))
	switch {
	case c.Rounds == 0:
		return fmt.Sprintf("%s: inconclusive, none of %s has a ratio", what, Count(c.UnmeasuredRounds, "round"))
	case c.Verdict == VerdictWorse && c.NothingRounds > 0:
		return fmt.Sprintf("%s: B is worse, it brought nothing through in %d of %s where A did (%s)", what, c.NothingRounds, Count(c.Rounds, "round"), change(c.Ratio))
	}
	switch c.Verdict {
	case VerdictBetter, VerdictWorse:
		return fmt.Sprintf("%s: B is %s, %s (%s)", what, c.Verdict, change(c.Ratio), interval)
	case VerdictSame:
		return fmt.Sprintf("%s: B is the same as A within ±%s %% (%s)", what, percent(c.Margin), interval)
	}
	return fmt.Sprintf("%s: inconclusive, %s%s%s", what, gaps(c), reach(c), seeable(c))
}

// gaps says how many rounds are without a ratio.
func gaps(c Comparison) string {
	if c.UnmeasuredRounds == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s without a ratio; ", c.UnmeasuredRounds, Count(c.Rounds+c.UnmeasuredRounds, "round"))
}

// reach says where an undecided ratio may be.
func reach(c Comparison) string {
	if c.Confidence == 0 {
		return fmt.Sprintf("%s too few for an interval; they had %s to %s", countAre(c.Rounds, "round"), change(c.Low), change(c.High))
	}
	return fmt.Sprintf("B may be anywhere from %s to %s (%s)", change(c.Low), change(c.High), Count(c.Rounds, "round"))
}

// seeable says what the series could have shown.
func seeable(c Comparison) string {
	switch {
	case c.Detectable == 0:
		return ""
	case c.Detectable >= 1:
		return fmt.Sprintf("; only a change to %s would have been seen", change(1+c.Detectable))
	}
	return fmt.Sprintf("; a change of %s %% would have been seen", percent(c.Detectable))
}

// change writes a ratio as what became more or less: "4.8 % less", "12 % more", "3.5 times".
func change(ratio float64) string {
	const manifold = 2
	switch {
	case ratio >= manifold:
		return significant(ratio) + " times"
	case math.Abs(ratio-1) < 0.00005:
		return "no change"
	case ratio > 1:
		return percent(ratio-1) + " % more"
	}
	return percent(1-ratio) + " % less"
}

// Progress is how far a comparison has come, in a few words for one line.
func Progress(c Comparison) string {
	if c.Rounds == 0 {
		return Label(c.Metric) + ": no round has a ratio"
	}
	return fmt.Sprintf("%s: B %s (%s to %s), wanted within ±%s %%", Label(c.Metric), change(c.Ratio), change(c.Low), change(c.High), percent(WantedWidth(c)))
}
