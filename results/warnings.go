package results

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// rowsWarnings gathers those of every row of the table of trials.
func rowsWarnings(trials []Trial, groups []group[row]) []string {
	byRow := map[identity][]Trial{}
	for _, trials := range groupTrials(trials) {
		byRow[identityOf(trials[0])] = trials
	}
	var out []string
	for _, r := range allRows(groups) {
		out = append(out, prefixed(r.title()+": ", trialWarnings(byRow[identity{r.Scenario, r.Arm}]))...)
	}
	return out
}

// fileWarnings says what a reader must know about the run as a whole.
func fileWarnings(f *File) []string {
	var out []string
	if f.End != nil && f.End.Status != Completed {
		out = append(out, plain(strings.TrimSuffix("the run was "+string(f.End.Status)+": "+f.End.Reason, ": ")))
	}
	for _, w := range f.Warnings {
		out = append(out, plain(w.String()))
	}
	return append(append(out, unfinished(f)...), wandered(f.Trials)...)
}

// farther is how much farther from each other the CPUs are in one trial than in another when that is more than noise.
const farther = 2

// wandered says that the CPUs were not always as far from each other: a hypervisor moves them.
func wandered(trials []Trial) []string {
	var distances []float64
	for _, t := range trials {
		if t.usable() && t.CPU != nil && t.CPU.DistanceNs != nil {
			distances = append(distances, *t.CPU.DistanceNs)
		}
	}
	if len(distances) == 0 {
		return nil
	}
	near, far := slices.Min(distances), slices.Max(distances)
	if far < farther*near {
		return nil
	}
	return []string{fmt.Sprintf("the CPUs were %.0f to %.0f ns from each other, as a cache line goes there and back: what they pass on to each other costs more in some trials", near, far)}
}

// unfinished says which trials were a part of something that came to no result.
func unfinished(f *File) []string {
	var out []string
	for _, part := range []struct {
		phase   Phase
		results int
	}{{PhaseSearch, len(f.Searches)}, {PhaseBurst, len(f.Bursts)}, {PhaseInterval, len(f.Soaks)}} {
		if n := len(f.phase(part.phase)); n > 0 && part.results == 0 {
			out = append(out, fmt.Sprintf("%s of phase %q without a result", trialsOf(n), part.phase))
		}
	}
	return out
}

// leftOut names the failed and interrupted trials, equal errors once.
func leftOut(trials []Trial) []string {
	var reasons []string
	count := map[string]int{}
	for _, t := range trials {
		reason := ""
		switch {
		case t.Interrupted:
			reason = "interrupted, not in the figures"
		case t.Failed():
			reason = "failed: " + Brief(t.Error)
		default:
			continue
		}
		if count[reason] == 0 {
			reasons = append(reasons, reason)
		}
		count[reason]++
	}
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%d of %s %s", count[reason], trialsOf(len(trials)), reason)
	}
	return reasons
}

func trialsOf(n int) string {
	return Count(n, "trial")
}

// notes gathers what the devices under test and the tester had to do without, each once.
func notes(trials []Trial) []string {
	var out []string
	for _, t := range trials {
		for _, note := range notesOf(t) {
			if note = plain(note); !slices.Contains(out, note) {
				out = append(out, note)
			}
		}
	}
	return out
}

func notesOf(t Trial) []string {
	var out []string
	if t.DUT != nil {
		out = append(out, t.DUT.Notes...)
	}
	if t.Sender != nil {
		out = append(out, t.Sender.Notes...)
	}
	if t.Sink != nil {
		out = append(out, t.Sink.Notes...)
	}
	return out
}

// plain makes text from elsewhere fit for one line of a terminal: no line breaks, no escape sequences.
func plain(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}

func prefixed(prefix string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = prefix + line
	}
	return out
}

// failure is an error as a warning, none if there is no error.
func failure(text string) []string {
	if text == "" {
		return nil
	}
	return []string{"failed: " + Brief(text)}
}

// plainAll makes texts from elsewhere fit for a terminal.
func plainAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = plain(text)
	}
	return out
}
