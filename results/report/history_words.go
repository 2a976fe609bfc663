package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
)

// Day is the date of a run, "?" if it is not known.
func Day(t time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return t.UTC().Format(time.DateOnly)
}

// HistorySentence says in one sentence what a history comes to.
func HistorySentence(h *analysis.History) string {
	name := HistoryNames(h)
	var recent, nothing, partly []string
	for _, s := range h.Series {
		if c := h.Regression(s); c != nil {
			recent = append(recent, name(s)+" is "+change(c.Ratio))
		}
	}
	for _, s := range slices.Concat(h.Series, h.Short) {
		switch {
		case s.Gone.Worse() && s.Gone.Some > 0:
			partly = append(partly, name(s))
		case s.Gone.Worse():
			nothing = append(nothing, name(s))
		}
	}
	switch {
	case len(nothing) > 0:
		return fmt.Sprintf("In the newest run nothing came through: %s.", strings.Join(nothing, "; "))
	case len(partly) > 0:
		return fmt.Sprintf("In some trials of the newest run nothing came through: %s.", strings.Join(partly, "; "))
	case len(recent) > 0:
		return fmt.Sprintf("Among the newest %s: %s.", results.Count(h.Options.Recent, "run"), strings.Join(recent, "; "))
	case len(h.Series) == 0:
		return fmt.Sprintf("No series has %d runs or more: no change can be told.", analysis.LeastRuns)
	case h.Verdict() == results.VerdictInconclusive:
		return "Nothing became worse that can be told, but the newest run lacks figures."
	}
	return fmt.Sprintf("Nothing became worse among the newest %s of %d series.", results.Count(h.Options.Recent, "run"), len(h.Series))
}

// HistoryNames names the series of a history in sentences.
func HistoryNames(h *analysis.History) func(analysis.Series) string {
	var scenarios []string
	for _, s := range slices.Concat(h.Series, h.Short) {
		scenarios = append(scenarios, s.Scenario)
	}
	titles := Titles(scenarios)
	return func(s analysis.Series) string { return titles[s.Scenario] + ", " + armWording(s.Metric).label }
}

// HistoryWarnings are what a reader of a history must know, one sentence each.
func HistoryWarnings(h *analysis.History) []string {
	name := HistoryNames(h)
	var out []string
	if hosts := h.Hosts(); len(hosts) > 1 {
		out = append(out, fmt.Sprintf("the runs are of %d hosts (%s): a change may be that from one host to another; give the files of one host, or merge those of one plan",
			len(hosts), someMachines(plainAll(hosts), 0)))
	}
	for _, s := range h.Series {
		if s.States != nil {
			out = append(out, fmt.Sprintf("%s: in %s CPUs were far from each other and in %s near; far is %s, which was taken out before changes were looked for",
				name(s), results.Count(s.States.Far, "run"), results.Count(s.States.Near, "run"), change(s.States.Ratio)))
		}
	}
	for _, s := range slices.Concat(h.Series, h.Short) {
		if s.Gone != nil && (len(s.Points) >= analysis.LeastRuns || s.Gone.Nothing) { // what was measured now and then is not missed
			out = append(out, fmt.Sprintf("%s: %s", name(s), goneSentence(*s.Gone)))
		}
	}
	if n := len(h.Short); n > 0 {
		out = append(out, fmt.Sprintf("%d series left out: fewer than %d runs", n, analysis.LeastRuns))
	}
	out = append(out, leftOutWords(h.LeftOut)...)
	if n := len(h.Series); n > 0 {
		if expected := float64(n) * h.Options.Significance; expected >= 0.5 {
			out = append(out, fmt.Sprintf("of %d series some %s show a change by chance", n, significantTo(expected, 1)))
		}
	}
	return out
}

// leftOutWords says which files, or what of them, have no place in a history, a sentence for each reason.
func leftOutWords(all []analysis.LeftOut) []string {
	const named = 3
	var out []string
	for _, reason := range []struct {
		why   analysis.WhyLeftOut
		words string
	}{
		{analysis.NothingForHistory, "left out: neither plain trials nor a comparison in it"},
		{analysis.SlowedOnPurpose, "ratios left out: one of the programs was slowed on purpose"},
		{analysis.CommitsOfLongAgo, "ratios left out: a bisect compares commits of long ago"},
	} {
		var names []string
		for _, one := range all {
			if one.Why == reason.why {
				names = append(names, plain(one.Path))
			}
		}
		if n := len(names); n > named {
			names = append(names[:named], fmt.Sprintf("and %s more", results.Count(n-named, "file")))
		}
		if len(names) > 0 {
			out = append(out, strings.Join(names, ", ")+": "+reason.words)
		}
	}
	return out
}

func goneSentence(g analysis.Gone) string {
	if g.Some > 0 {
		return "in the newest run " + goneWords(g)
	}
	return "the newest run has no figure: " + goneWords(g)
}

func goneWords(g analysis.Gone) string {
	some := fmt.Sprintf("%d of %s", g.Some, results.Count(g.Of, "trial"))
	switch {
	case g.Some > 0 && g.Nothing && g.Before:
		return "nothing came through in " + some + ", as in a run before"
	case g.Some > 0 && g.Nothing && g.Error != "":
		return some + " failed, or nothing came through: " + Brief(g.Error)
	case g.Some > 0 && g.Nothing:
		return "nothing came through in " + some
	case g.Some > 0:
		return some + " failed: " + Brief(g.Error)
	case g.Nothing:
		return "nothing came through"
	case g.Error != "":
		return "its trial failed: " + Brief(g.Error)
	case g.Scenario:
		return "the scenario is not in it"
	}
	return "its trials do not have it"
}
