package report

import (
	"fmt"
	"slices"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// Sentences says what is odd, a line each. What differs only in what a line cannot show is said once.
func Sentences(odd []analysis.Warning) []string { return sentencesOf(odd, subjects{}) }

// sentencesOf names scenarios by their titles.
func sentencesOf(odd []analysis.Warning, s subjects) []string {
	var lines []string
	for _, o := range merged(odd) {
		switch o := o.(type) {
		case analysis.OfArm:
			lines = append(lines, prefixed(o.Arm+": ", sentencesOf(o.Warning, s))...)
		case analysis.OfFile:
			lines = append(lines, prefixed(string(o.File)+": ", sentencesOf(o.Warning, s))...)
		case analysis.OfScenario:
			lines = append(lines, s.warn(o.Scenario, "the scenario", sentencesOf(o.Warning, s))...)
		default:
			lines = append(lines, sentenceOf(o))
		}
	}
	return lines
}

// sentenceOf says one oddity in words.
func sentenceOf(odd analysis.Warning) string {
	for _, say := range []func(analysis.Warning) string{trialSentence, runSentence, seriesSentence, sweepSentence, soakSentence, filesSentence} {
		if text := say(odd); text != "" {
			return text
		}
	}
	return fmt.Sprintf("%T %+v", odd, odd) // a test looks for kinds without words
}

// merged takes together what trials said, failed with, or did without, in texts that look alike on one line.
func merged(odd []analysis.Warning) []analysis.Warning {
	var out []analysis.Warning
	at := map[analysis.Warning]int{}
	for _, o := range odd {
		found := 0
		switch text := o.(type) {
		case analysis.TrialsFailed:
			o, found = analysis.TrialsFailed{Error: Brief(text.Error), Of: text.Of}, text.Found
		case analysis.TrialsSay:
			o, found = analysis.TrialsSay{Text: plain(text.Text), Of: text.Of}, text.Found
		case analysis.DoneWithout:
			o = analysis.DoneWithout{Text: plain(text.Text)}
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
		case analysis.TrialsFailed:
			first.Found += found
			out[i] = first
		case analysis.TrialsSay:
			first.Found += found
			out[i] = first
		}
	}
	return out
}

// rowsWarnings gathers those of every row of the table of trials.
func rowsWarnings(trials []results.Trial, groups []layout.Group[row]) []string {
	var out []string
	for _, r := range layout.AllRows(groups) {
		of := slices.DeleteFunc(slices.Clone(trials), func(t results.Trial) bool { return t.Scenario != r.Scenario || t.Arm != r.Arm })
		out = append(out, prefixed(r.title()+": ", Sentences(analysis.TrialWarnings(of)))...)
	}
	return out
}
