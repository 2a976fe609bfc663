package report

import (
	"fmt"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// Sentences says warnings in words, a line each. Texts from trials that look alike on one line are said once.
func Sentences(warnings []analysis.Warning) []string { return sentencesOf(warnings, subjects{}) }

// sentencesOf names scenarios by their titles.
func sentencesOf(warnings []analysis.Warning, s subjects) []string {
	var lines []string
	for _, w := range merged(warnings) {
		switch w := w.(type) {
		case analysis.OfArm:
			lines = append(lines, prefixed(w.Arm+": ", sentencesOf(w.Warnings, s))...)
		case analysis.OfFile:
			lines = append(lines, prefixed(string(w.File)+": ", sentencesOf(w.Warnings, s))...)
		case analysis.OfScenario:
			lines = append(lines, s.warn(w.Scenario, "the scenario", sentencesOf(w.Warnings, s))...)
		default:
			lines = append(lines, sentenceOf(w))
		}
	}
	return lines
}

// sentenceOf says one warning in words.
func sentenceOf(w analysis.Warning) string {
	for _, say := range []func(analysis.Warning) string{trialSentence, runSentence, seriesSentence, sweepSentence, soakSentence, filesSentence} {
		if text := say(w); text != "" {
			return text
		}
	}
	return fmt.Sprintf("%T %+v", w, w) // a test sees to it that every kind has words
}

// merged adds up warnings whose texts, which programs wrote, look alike on one line: what trials say, what they failed with, and what was done
// without.
func merged(warnings []analysis.Warning) []analysis.Warning {
	var out []analysis.Warning
	at := map[analysis.Warning]int{}
	for _, w := range warnings {
		found := 0
		switch text := w.(type) {
		case analysis.TrialsFailed:
			w, found = analysis.TrialsFailed{Error: Brief(text.Error), Of: text.Of}, text.Found
		case analysis.TrialsSay:
			w, found = analysis.TrialsSay{Text: plain(text.Text), Of: text.Of}, text.Found
		case analysis.DoneWithout:
			w = analysis.DoneWithout{Text: plain(text.Text)}
		default:
			out = append(out, w)
			continue
		}
		i, seen := at[w]
		if !seen {
			i, out = len(out), append(out, w)
			at[w] = i
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
	of := map[analysis.Repeats][]results.Trial{}
	for _, t := range trials {
		id := analysis.Repeats{Scenario: t.Scenario, Arm: t.Arm}
		of[id] = append(of[id], t)
	}
	for _, r := range layout.AllRows(groups) {
		out = append(out, prefixed(r.title()+": ", Sentences(analysis.TrialWarnings(of[r.Repeats()])))...)
	}
	return out
}
