package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// Sentence is the verdict of a comparison in words that need no table.
func Sentence(c results.Comparison) string {
	what := Label(c.Metric)
	interval := fmt.Sprintf("%s %% interval %s to %s, %s", percent(c.Confidence), change(c.Low), change(c.High), results.Count(c.Rounds, "round"))
	switch {
	case c.Rounds == 0:
		return fmt.Sprintf("%s: inconclusive, none of %s has a ratio", what, results.Count(c.UnmeasuredRounds, "round"))
	case c.Verdict == results.VerdictWorse && c.NothingRounds > 0:
		return fmt.Sprintf("%s: B is worse, it brought nothing through in %d of %s where A did (%s)", what, c.NothingRounds, results.Count(c.Rounds, "round"), change(c.Ratio))
	}
	switch c.Verdict {
	case results.VerdictBetter, results.VerdictWorse:
		return fmt.Sprintf("%s: B is %s, %s (%s)", what, c.Verdict, change(c.Ratio), interval)
	case results.VerdictSame:
		return fmt.Sprintf("%s: B is the same as A within ±%s %% (%s)", what, percent(c.Margin), interval)
	}
	return fmt.Sprintf("%s: inconclusive, %s%s%s", what, gaps(c), reach(c), seeable(c))
}

// gaps says how many rounds are without a ratio.
func gaps(c results.Comparison) string {
	if c.UnmeasuredRounds == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s without a ratio; ", c.UnmeasuredRounds, results.Count(c.Rounds+c.UnmeasuredRounds, "round"))
}

// reach says where an undecided ratio may be.
func reach(c results.Comparison) string {
	if c.Confidence == 0 {
		return fmt.Sprintf("%s too few for an interval; they had %s to %s", countAre(c.Rounds, "round"), change(c.Low), change(c.High))
	}
	return fmt.Sprintf("B may be anywhere from %s to %s (%s)", change(c.Low), change(c.High), results.Count(c.Rounds, "round"))
}

// seeable says what the series could have shown.
func seeable(c results.Comparison) string {
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
func Progress(c results.Comparison) string {
	if c.Rounds == 0 {
		return Label(c.Metric) + ": no round has a ratio"
	}
	return fmt.Sprintf("%s: B %s (%s to %s), wanted within ±%s %%", Label(c.Metric), change(c.Ratio), change(c.Low), change(c.High), percent(analysis.WantedWidth(c)))
}

// Change is the ratio of a comparison in words: "4.80 % less".
func Change(c results.Comparison) string {
	if c.Rounds == 0 {
		return "no ratio"
	}
	return change(c.Ratio)
}

// ChangeInterval is the interval of the ratio of a comparison in words: "6.10 % less to 3.52 % less".
func ChangeInterval(c results.Comparison) string {
	if c.Rounds == 0 {
		return layout.Absent
	}
	return change(c.Low) + " to " + change(c.High)
}

// seriesSentence says what is odd about a series of two arms.
func seriesSentence(w analysis.Warning) string {
	switch w := w.(type) {
	case analysis.RoundsTooFew:
		return countAre(w.Rounds, "round") + " too few for an interval"
	case analysis.RoundsTooFewToShow:
		return fmt.Sprintf("%s too few to show a change in one of %d metrics: %d are needed", countAre(w.Rounds, "round"), w.Metrics, w.Needed)
	case analysis.RoundsNothing:
		return roundsNamed(w.Rounds) + ": B had nothing in a trial where A had something in all of its own"
	case analysis.RoundsWithoutRatio:
		return fmt.Sprintf("%s without a ratio: A had %s, B %s", roundsNamed(w.Rounds), standingWords(w.A), standingWords(w.B))
	case analysis.RoundsIncomplete:
		return fmt.Sprintf("%d of %s count: in the others a trial failed or is missing", w.Whole, results.Count(w.All, "round"))
	case analysis.RoundsAlike:
		return fmt.Sprintf("neighbouring rounds resemble each other (autocorrelation %.2f): the interval is too narrow", w.Autocorrelation)
	case analysis.RoundsFarOff:
		return results.Count(w.Rounds, "round") + " far off the others, kept"
	case analysis.RatioDrifted:
		return fmt.Sprintf("the ratio drifted during the series (rank correlation with time %.2f)", w.RankCorrelation)
	case analysis.RatiosTwofold:
		return "the rounds' ratios have more than one peak: something switches between two states"
	case analysis.ControlMoved:
		return fmt.Sprintf("A differed from itself by %s: whatever did that may have moved B as well", change(w.Ratio))
	case analysis.SeriesFailed:
		return trialsOf(w.Trials) + " failed: the series ended there and decides nothing"
	}
	return ""
}

// roundsNamed is "round 3" or "rounds 1, 4, 7", counted from 1 as progress shows them; of many the first ones.
func roundsNamed(rounds []int) string {
	const shown = 12
	numbers := make([]string, len(rounds))
	for i, round := range rounds {
		numbers[i] = strconv.Itoa(round + 1)
	}
	switch n := len(numbers); {
	case n == 1:
		return "round " + numbers[0]
	case n > shown:
		return fmt.Sprintf("rounds %s and %d more", strings.Join(numbers[:shown], ", "), n-shown)
	}
	return "rounds " + strings.Join(numbers, ", ")
}

// standingWords is what a side of a comparison had, in words.
func standingWords(s analysis.Standing) string {
	return [...]string{analysis.SideHas: "a figure", analysis.SideZero: "0", analysis.SideLacks: "no figure", analysis.SideFails: "a trial that failed"}[s]
}

// Recorded makes records of comparisons: what is odd about each becomes its Warnings, in words.
func Recorded(comparisons []analysis.ArmComparison) []results.Comparison {
	records := make([]results.Comparison, len(comparisons))
	for i, c := range comparisons {
		records[i] = c.Comparison
		records[i].Warnings = Sentences(c.Odd)
	}
	return records
}

// SeriesSentences says what is odd about one series: the warnings that its comparison records carry, and those about their trials.
func SeriesSentences(comparisons []results.Comparison, trials []results.Trial) []string {
	return append(comparisonWarnings(comparisons), Sentences(analysis.SeriesWarnings(trials))...)
}
