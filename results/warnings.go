package results

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Shares above which a trial is suspect.
const (
	maxSteal     = 0.05 // of the CPU time, taken by the hypervisor
	maxShortfall = 0.01 // of the intended load, not offered
)

// warnings gathers those of the file and of every row.
func warnings(f *File, groups []group) []string {
	out := fileWarnings(f)
	byRow := groupTrials(f.Trials)
	for _, g := range groups {
		for _, r := range g.rows {
			i := slices.IndexFunc(byRow, func(trials []Trial) bool {
				return trials[0].Scenario == r.Scenario && trials[0].Arm == r.Arm
			})
			out = append(out, prefixed(r.title()+": ", rowWarnings(byRow[i]))...)
		}
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
	return out
}

// rowWarnings says what a reader must know about the trials of one row: those left out, and what is odd about the rest.
func rowWarnings(trials []Trial) []string {
	n := len(trials)
	used := slices.DeleteFunc(slices.Clone(trials), func(t Trial) bool { return t.Failed() || t.Interrupted })
	out := leftOut(trials)
	for _, check := range []struct {
		value func(Trial) float64
		text  func(worst float64) string
	}{
		{unaccounted, func(worst float64) string { return fmt.Sprintf("up to %.0f packets unaccounted for", worst) }},
		{counter(func(t Traffic) *int64 { return t.Duplicated }), func(worst float64) string {
			return fmt.Sprintf("up to %.0f packets duplicated", worst)
		}},
		{counter(func(t Traffic) *int64 { return t.Reordered }), func(worst float64) string {
			return fmt.Sprintf("up to %.0f packets reordered", worst)
		}},
		{shortfall, func(worst float64) string {
			return "up to " + percent(worst) + " % of the intended load was not offered"
		}},
		{excessSteal, func(worst float64) string {
			return "up to " + percent(worst) + " % of the CPU time went to other guests of the hypervisor"
		}},
	} {
		if hit, worst := worstOf(used, check.value); hit > 0 {
			out = append(out, fmt.Sprintf("%d of %s: %s", hit, trialsOf(n), check.text(worst)))
		}
	}
	return append(out, notes(used)...)
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
			reason = "failed: " + plain(t.Error)
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
	if n == 1 {
		return "1 trial"
	}
	return fmt.Sprintf("%d trials", n)
}

// notes gathers what the devices under test had to do without, each once.
func notes(trials []Trial) []string {
	var out []string
	for _, t := range trials {
		if t.DUT == nil {
			continue
		}
		for _, note := range t.DUT.Notes {
			if note = plain(note); !slices.Contains(out, note) {
				out = append(out, note)
			}
		}
	}
	return out
}

// worstOf counts the trials whose value is not zero and finds the largest.
func worstOf(trials []Trial, value func(Trial) float64) (hit int, worst float64) {
	for _, t := range trials {
		if v := value(t); v != 0 {
			hit++
			worst = max(worst, v)
		}
	}
	return hit, worst
}

// ways is the traffic of a trial as a whole and of each direction, in which what evens out over both would hide.
func ways(t Trial) []Traffic {
	all := []Traffic{t.Traffic}
	for _, d := range t.Directions {
		all = append(all, d.Traffic)
	}
	return all
}

// unaccounted is the largest imbalance, whichever its sign.
func unaccounted(t Trial) float64 {
	var worst int64
	for _, w := range ways(t) {
		worst = max(worst, w.Ledger.Balance(), -w.Ledger.Balance())
	}
	return float64(worst)
}

func counter(of func(Traffic) *int64) func(Trial) float64 {
	return func(t Trial) float64 {
		var worst int64
		for _, w := range ways(t) {
			if c := of(w); c != nil {
				worst = max(worst, *c)
			}
		}
		return float64(worst)
	}
}

// shortfall is the share of the intended load that the generator did not bring out, if it is worth a word.
func shortfall(t Trial) float64 {
	var worst float64
	for _, w := range ways(t) {
		if w.IntendedPps != nil && w.OfferedPps != nil && *w.IntendedPps > 0 {
			worst = max(worst, 1 - *w.OfferedPps / *w.IntendedPps)
		}
	}
	if worst <= maxShortfall {
		return 0
	}
	return worst
}

func excessSteal(t Trial) float64 {
	if t.CPU == nil || t.CPU.StealRatio == nil || *t.CPU.StealRatio <= maxSteal {
		return 0
	}
	return *t.CPU.StealRatio
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
