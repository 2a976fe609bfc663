package analysis

import (
	"slices"

	"tunbench/results"
)

// TrialsSuspect says what a [Check] found in some of the trials of one scenario.
type TrialsSuspect struct {
	Check     Check
	Found, Of int     // trials
	Worst     float64 // of these trials, in the unit that the check has
}

// TrialsInterrupted counts trials that were stopped before their time; their figures are left out.
type TrialsInterrupted struct{ Found, Of int }

// TrialsFailed counts trials that ended in the same error; their figures are left out.
type TrialsFailed struct {
	Error     string
	Found, Of int
}

// TrialsSay is a warning that the records of trials carry, and how many do.
type TrialsSay struct {
	Text      string
	Found, Of int
}

// DoneWithout is what a device under test or the tester had to do without, in its own words.
type DoneWithout struct{ Text string }

// TrialWarnings is what a reader must know about the trials of one scenario: those left out, and what is odd about the rest.
func TrialWarnings(trials []results.Trial) []Warning { return checked(trials, allChecks()) }

// PathWarnings is [TrialWarnings] without the checks of the load and the host. It is for the trials of a search or a burst, which may ask for more
// than can be offered.
func PathWarnings(trials []results.Trial) []Warning { return checked(trials, pathChecks()) }

// checked says what is odd about trials by some checks.
func checked(trials []results.Trial, checks []func(results.Trial) float64) []Warning {
	used := slices.DeleteFunc(slices.Clone(trials), func(t results.Trial) bool { return !t.Usable() })
	out := leftOut(trials)
	for check, value := range checks {
		if found, worst := worstOf(used, value); found > 0 {
			out = append(out, TrialsSuspect{Check(check), found, len(trials), worst})
		}
	}
	return append(append(out, said(used, len(trials))...), doneWithout(used)...)
}

// leftOut is the failed and the interrupted trials, equal errors together.
func leftOut(trials []results.Trial) []Warning {
	var reasons counted
	interrupted := 0
	for _, t := range trials {
		switch {
		case t.Interrupted:
			reasons.add("") // no error is empty
			interrupted++
		case t.Failed():
			reasons.add(t.Error)
		}
	}
	out := make([]Warning, len(reasons.order))
	for i, reason := range reasons.order {
		if out[i] = (TrialsFailed{reason, reasons.count[reason], len(trials)}); reason == "" {
			out[i] = TrialsInterrupted{interrupted, len(trials)}
		}
	}
	return out
}

// said is what the trials themselves say that a reader must know.
func said(used []results.Trial, of int) []Warning {
	var texts counted
	for _, t := range used {
		for _, text := range t.Warnings {
			texts.add(text)
		}
	}
	out := make([]Warning, len(texts.order))
	for i, text := range texts.order {
		out[i] = TrialsSay{text, texts.count[text], of}
	}
	return out
}

// doneWithout is what the devices under test and the tester had to do without, each once.
func doneWithout(used []results.Trial) []Warning {
	var texts counted
	for _, t := range used {
		for _, text := range notesOf(t) {
			texts.add(text)
		}
	}
	out := make([]Warning, len(texts.order))
	for i, text := range texts.order {
		out[i] = DoneWithout{text}
	}
	return out
}

// worstOf counts the trials whose value is not zero and finds the largest.
func worstOf(trials []results.Trial, value func(results.Trial) float64) (hit int, worst float64) {
	for _, t := range trials {
		if v := value(t); v != 0 {
			hit++
			worst = max(worst, v)
		}
	}
	return hit, worst
}

func notesOf(t results.Trial) []string {
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

// counted is how often each of some texts came, in the order in which they came first. Its zero value is empty.
type counted struct {
	order []string
	count map[string]int
}

func (c *counted) add(text string) {
	if c.count == nil {
		c.count = map[string]int{}
	}
	if c.count[text]++; c.count[text] == 1 {
		c.order = append(c.order, text)
	}
}
