package report

import (
	"fmt"
	"strings"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
)

// effectsWords is the ranking of knobs in sentences, a line each, the most important first. Interactions that could not be seen share one.
func effectsWords(e analysis.Effects) []string {
	var lines, unseen []string
	for _, effect := range e.Ranked {
		switch {
		case len(effect.Knobs) == 1:
			lines = append(lines, mainWords(effect))
		case effect.Seen():
			lines = append(lines, interactionWords(effect))
		case effect.Range != nil:
			unseen = append(unseen, effectName(effect))
		default:
			lines = append(lines, interactionWords(effect))
		}
	}
	if len(unseen) > 0 {
		lines = append(lines, "no interaction could be seen of "+strings.Join(unseen, ", "))
	}
	for _, knob := range e.Confused {
		lines = append(lines, plain(knob)+": its effect cannot be told from those of other knobs")
	}
	if e.Untold > 0 {
		lines = append(lines, fmt.Sprintf("%s of two knobs cannot be told from other effects, which may contain them; a full design tells them apart",
			results.Count(e.Untold, "interaction")))
	}
	return lines
}

// effectName is the name of a knob, or of two.
func effectName(e analysis.Effect) string { return plain(strings.Join(e.Knobs, " × ")) }

// mainWords is "offload explains 94.0 % of the differences: all is 19.4 times none (18.9 to 20.1)" and the levels.
func mainWords(e analysis.Effect) string {
	text := effectName(e)
	switch {
	case e.Range != nil && !e.Seen() && len(e.Lost) > 0:
		return fmt.Sprintf("%s: what it did cannot be told, %s; among the others %s is %s times %s%s",
			text, lostWords(e), plain(e.Most[0]), fine(e.Ratio), plain(e.Least[0]), rangeWords(e.Range))
	case e.Range != nil && !e.Seen():
		return fmt.Sprintf("%s made no difference that could be seen: %s is %s times %s%s",
			text, plain(e.Most[0]), fine(e.Ratio), plain(e.Least[0]), rangeWords(e.Range))
	}
	text += fmt.Sprintf(" explains %s %% of the differences: %s is %s times %s%s",
		percent(e.Share), plain(e.Most[0]), fine(e.Ratio), plain(e.Least[0]), rangeWords(e.Range))
	var levels []string
	for _, l := range e.Levels {
		levels = append(levels, plain(l.Value)+" "+fine(l.Ratio))
	}
	text += "; by the mean: " + strings.Join(levels, ", ")
	if len(e.Lost) > 0 {
		text += "; without what was lost: " + lostWords(e)
	}
	return text
}

// lostWords names the levels that lost trials.
func lostWords(e analysis.Effect) string {
	words := make([]string, len(e.Lost))
	for i, l := range e.Lost {
		words[i] = levelWords(l)
	}
	return strings.Join(words, ", ")
}

// levelWords is "4 of 12 trials at queues=2 brought nothing through".
func levelWords(l analysis.LostLevel) string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(l.Failed, "failed")
	if l.MoreIsGood {
		add(l.Zero, "brought nothing through")
	} else {
		add(l.Zero, "had a figure of 0")
	}
	add(l.Lacking, "had no figure")
	return fmt.Sprintf("of %s at %s=%s %s", trialsOf(l.Trials), plain(l.Knob), plain(l.Value), strings.Join(parts, ", "))
}

// interactionWords is "engine × offload explain 3.00 % together: uring by sync is 1.40 times as much at offload=all as at offload=none (…)".
func interactionWords(e analysis.Effect) string {
	at := plain(e.Knobs[1]) + "="
	return fmt.Sprintf("%s explain %s %% together: %s by %s is %s times as much at %s as at %s%s",
		effectName(e), percent(e.Share), plain(e.Most[0]), plain(e.Least[0]), fine(e.Ratio), at+plain(e.Most[1]), at+plain(e.Least[1]), rangeWords(e.Range))
}

// rangeWords is " (18.9 to 20.1)", nothing of no interval.
func rangeWords(i *analysis.Interval) string {
	if i == nil {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", fine(i.Low), fine(i.High))
}

// fine writes a ratio; near 1 with a digit more than others.
func fine(ratio float64) string {
	if ratio >= 0.9 && ratio < 1.1 {
		return significantTo(ratio, 4)
	}
	return quotient(ratio)
}

// effectsMethod says how the effects were found, and what they leave unexplained.
func effectsMethod(e analysis.Effects) string {
	text := "Effects on the logarithm of " + plain(string(e.Metric)) + ": ratios of geometric means"
	if !e.Balanced {
		text += ", by least squares of the additive model since not every combination was measured in every round"
	}
	text += "."
	if e.NoiseDF > 0 {
		text += fmt.Sprintf(" In brackets 95 %% intervals (Student's t, %s of freedom from the rounds; adjusted for the choice of the two levels).",
			results.Count(e.NoiseDF, "degree"))
	}
	text += fmt.Sprintf(" The rounds of a cell differ by %s %% (noise)", percent(e.NoiseShare))
	if !e.Balanced {
		text += ", shares being those of a balanced design with the same effects"
	}
	return text + fmt.Sprintf("; %s %% is left to interactions of three and more knobs.", percent(e.RestShare))
}

// sweepSentence says what of a sweep was not measured, and what makes its effects doubtful.
func sweepSentence(w analysis.Warning) string {
	switch w := w.(type) {
	case analysis.CombinationsDropped:
		return fmt.Sprintf("%s left out, such as %s", results.Count(w.Combinations, "combination"), plain(w.Reason))
	case analysis.SeveralSittings:
		return fmt.Sprintf("measured in %d sittings, from %s to %s: the machine may have changed between them", w.Sittings, clock(w.First), clock(w.Last))
	case analysis.TrialsMissing:
		return fmt.Sprintf("%d of %s are missing: the effects are those of the others", w.Missing, trialsOf(w.Of))
	case analysis.NoLogarithm:
		return fmt.Sprintf("%s without %s above zero, which has no logarithm, left out of the effects", trialsOf(w.Trials), plain(string(w.Metric)))
	case analysis.LevelGone:
		return fmt.Sprintf("%s=%s is not among the effects: %s", plain(w.Knob), plain(w.Value), levelWords(w.LostLevel))
	case analysis.NoIntervals:
		return "too few rounds for an interval: every effect may be chance; measure 3 rounds or more"
	case analysis.FewRounds:
		return fmt.Sprintf("%s: intervals rest on little; measure %d or more", results.Count(w.Rounds, "round"), w.Least)
	case analysis.RoundsDrifted:
		return fmt.Sprintf("%s drifted by %s %% within a round: the random order spreads that over all knobs, as noise",
			plain(string(w.Metric)), signed(w.ChangeRatio, percent))
	}
	return ""
}

func clock(t time.Time) string { return t.UTC().Format(time.DateTime) }
