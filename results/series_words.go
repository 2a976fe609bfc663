package results

import (
	"fmt"
	"strconv"
	"strings"
)

// seriesSentence says what is odd about a series of two arms.
func seriesSentence(odd Odd) string {
	switch o := odd.(type) {
	case RoundsTooFew:
		return countAre(o.Rounds, "round") + " too few for an interval"
	case RoundsTooFewToShow:
		return fmt.Sprintf("%s too few to show a change in one of %d metrics: %d are needed", countAre(o.Rounds, "round"), o.Metrics, o.Needed)
	case RoundsNothing:
		return roundsNamed(o.Rounds) + ": B had nothing in a trial where A had something in all of its own"
	case RoundsWithoutRatio:
		return fmt.Sprintf("%s without a ratio: A had %s, B %s", roundsNamed(o.Rounds), standingWords(o.A), standingWords(o.B))
	case RoundsIncomplete:
		return fmt.Sprintf("%d of %s count: in the others a trial failed or is missing", o.Whole, Count(o.All, "round"))
	case RoundsAlike:
		return fmt.Sprintf("neighbouring rounds resemble each other (autocorrelation %.2f): the interval is too narrow", o.Autocorrelation)
	case RoundsFarOff:
		return Count(o.Rounds, "round") + " far off the others, kept"
	case RatioDrifted:
		return fmt.Sprintf("the ratio drifted during the series (rank correlation with time %.2f)", o.RankCorrelation)
	case RatiosTwofold:
		return "the rounds' ratios have more than one peak: something switches between two states"
	case ControlMoved:
		return fmt.Sprintf("A differed from itself by %s: whatever did that may have moved B as well", change(o.Ratio))
	case SeriesFailed:
		return trialsOf(o.Trials) + " failed: the series ended there and decides nothing"
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

// standingWords is a standing as it is said of a side.
func standingWords(s Standing) string {
	return [...]string{SideHas: "a figure", SideZero: "0", SideLacks: "no figure", SideFails: "a trial that failed"}[s]
}
