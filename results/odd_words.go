package results

import "fmt"

// Sentences says what is odd, a line each. What differs only in what a line cannot show is said once.
func Sentences(odd []Odd) []string { return sentencesOf(odd, subjects{}) }

// sentencesOf names scenarios by their titles.
func sentencesOf(odd []Odd, s subjects) []string {
	var lines []string
	for _, o := range merged(odd) {
		switch o := o.(type) {
		case OfArm:
			lines = append(lines, prefixed(o.Arm+": ", sentencesOf(o.Odd, s))...)
		case OfFile:
			lines = append(lines, prefixed(string(o.File)+": ", sentencesOf(o.Odd, s))...)
		case OfScenario:
			lines = append(lines, s.warn(o.Scenario, "the scenario", sentencesOf(o.Odd, s))...)
		default:
			lines = append(lines, sentenceOf(o))
		}
	}
	return lines
}

// sentenceOf says one oddity in words.
func sentenceOf(odd Odd) string {
	for _, say := range []func(Odd) string{trialSentence, runSentence, seriesSentence, sweepSentence, soakSentence, filesSentence} {
		if text := say(odd); text != "" {
			return text
		}
	}
	return fmt.Sprintf("%T %+v", odd, odd) // a test looks for kinds without words
}

// merged takes together what trials said, failed with, or did without, in texts that look alike on one line.
func merged(odd []Odd) []Odd {
	var out []Odd
	at := map[Odd]int{}
	for _, o := range odd {
		found := 0
		switch text := o.(type) {
		case TrialsFailed:
			o, found = TrialsFailed{Error: Brief(text.Error), Of: text.Of}, text.Found
		case TrialsSay:
			o, found = TrialsSay{Text: plain(text.Text), Of: text.Of}, text.Found
		case DoneWithout:
			o = DoneWithout{plain(text.Text)}
		default:
			out = append(out, o)
			continue
		}
		i, seen := at[o]
		if !seen {
			i, out = len(out), append(out, o)
			at[o] = i
		}
		switch first := out[i].(type) {
		case TrialsFailed:
			first.Found += found
			out[i] = first
		case TrialsSay:
			first.Found += found
			out[i] = first
		}
	}
	return out
}
