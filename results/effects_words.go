package results

import (
	"fmt"
	"strings"
)

// Words is the ranking of knobs in sentences, a line each, the most important first. Interactions that could not be seen share one.
func (e Effects) Words() []string {
	var lines, unseen []string
	for _, effect := range e.Ranked {
		switch {
		case len(effect.Knobs) == 1:
			lines = append(lines, effect.mainWords())
		case effect.Seen():
			lines = append(lines, effect.interactionWords())
		case effect.Range != nil:
			unseen = append(unseen, effect.name())
		default:
			lines = append(lines, effect.interactionWords())
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
			Count(e.Untold, "interaction")))
	}
	return lines
}

// name of a knob, or of two.
func (e Effect) name() string { return plain(strings.Join(e.Knobs, " × ")) }

// mainWords is "offload explains 94.0 % of the differences: all is 19.4 times none (18.9 to 20.1)" and the levels.
func (e Effect) mainWords() string {
	text := e.name()
	switch {
	case e.Range != nil && !e.Seen() && len(e.Lost) > 0:
		return fmt.Sprintf("%s: what it did cannot be told, %s; among the others %s is %s times %s%s",
			text, e.lostWords(), plain(e.Most[0]), fine(e.Ratio), plain(e.Least[0]), e.Range.words())
	case e.Range != nil && !e.Seen():
		return fmt.Sprintf("%s made no difference that could be seen: %s is %s times %s%s",
			text, plain(e.Most[0]), fine(e.Ratio), plain(e.Least[0]), e.Range.words())
	}
	text += fmt.Sprintf(" explains %s %% of the differences: %s is %s times %s%s",
		percent(e.Share), plain(e.Most[0]), fine(e.Ratio), plain(e.Least[0]), e.Range.words())
	var levels []string
	for _, l := range e.Levels {
		levels = append(levels, plain(l.Value)+" "+fine(l.Ratio))
	}
	text += "; by the mean: " + strings.Join(levels, ", ")
	if len(e.Lost) > 0 {
		text += "; without what was lost: " + e.lostWords()
	}
	return text
}

// lostWords names the levels that lost trials.
func (e Effect) lostWords() string {
	words := make([]string, len(e.Lost))
	for i, l := range e.Lost {
		words[i] = l.words()
	}
	return strings.Join(words, ", ")
}

// interactionWords is "engine × offload explain 3.00 % together: uring by sync is 1.40 times as much at offload=all as at offload=none (…)".
func (e Effect) interactionWords() string {
	at := plain(e.Knobs[1]) + "="
	return fmt.Sprintf("%s explain %s %% together: %s by %s is %s times as much at %s as at %s%s",
		e.name(), percent(e.Share), plain(e.Most[0]), plain(e.Least[0]), fine(e.Ratio), at+plain(e.Most[1]), at+plain(e.Least[1]), e.Range.words())
}

// words is " (18.9 to 20.1)", nothing of no interval.
func (i *Interval) words() string {
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

// method says how the effects were found, and what they leave unexplained.
func (e Effects) method() string {
	text := "Effects on the logarithm of " + plain(string(e.Metric)) + ": ratios of geometric means"
	if !e.Balanced {
		text += ", by least squares of the additive model since not every combination was measured in every round"
	}
	text += "."
	if e.NoiseDF > 0 {
		text += fmt.Sprintf(" In brackets 95 %% intervals (Student's t, %s of freedom from the rounds; adjusted for the choice of the two levels).",
			Count(e.NoiseDF, "degree"))
	}
	text += fmt.Sprintf(" The rounds of a cell differ by %s %% (noise)", percent(e.NoiseShare))
	if !e.Balanced {
		text += ", shares being those of a balanced design with the same effects"
	}
	return text + fmt.Sprintf("; %s %% is left to interactions of three and more knobs.", percent(e.RestShare))
}
