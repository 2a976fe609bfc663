package report

import (
	"fmt"
	"math"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
)

// AcrossSentences is what the machines say together of one metric: on how many B is better, what that comes to on average, whether the machines differ, and what
// goes with the difference.
func AcrossSentences(c analysis.FleetComparison, a analysis.Across) []string {
	lines := []string{acrossCounts(a) + acrossMean(a)}
	if c.Absolute() {
		lines[0] = acrossFigures(a)
	}
	if text := acrossSpread(a); text != "" {
		lines = append(lines, text)
	}
	if text := acrossGoes(c, a); text != "" {
		lines = append(lines, text)
	}
	return prefixed(Label(a.Metric)+": ", lines)
}

// acrossFigures is the figures of a scenario on all machines.
func acrossFigures(a analysis.Across) string {
	format := func(v float64) string { return Format(a.Metric, v) }
	least, most, _ := a.Range()
	text := fmt.Sprintf("%s to %s on %s", format(least), format(most), results.Count(len(a.On), "machine"))
	if a.Pooled == nil {
		return text + "; too few machines have a figure in every round for a mean"
	}
	text += fmt.Sprintf("; on average %s (%.4g %% interval %s to %s)", format(math.Exp(a.Pooled.Center)), 100*a.Pooled.Confidence, format(math.Exp(a.Pooled.Low)), format(math.Exp(a.Pooled.High)))
	if a.Hosts < analysis.FewMachines {
		text += fmt.Sprintf("; %d machines say next to nothing of others", a.Hosts)
	}
	return text
}

// AcrossShort is the first of these sentences without its metric's interval: enough for a headline.
func AcrossShort(c analysis.FleetComparison, a analysis.Across) string {
	text := Label(a.Metric) + ": "
	if c.Absolute() {
		least, most, _ := a.Range()
		text += Format(a.Metric, least) + " to " + Format(a.Metric, most)
	} else {
		text += acrossCounts(a)
		if a.Pooled != nil {
			text += ", on average " + change(math.Exp(a.Pooled.Center))
		}
	}
	switch a.Alike {
	case analysis.AlikeDiffer:
		text += ", and the machines differ"
		if len(a.Goes) == 1 {
			text += ", which goes with " + listed(plainAll(a.Goes[0].Names), "or")
		}
	case analysis.AlikeLittle:
		text += ", and the machines differ a little"
	case analysis.AlikeShown:
		text += " on all alike"
	}
	return text
}

// acrossCounts is on how many machines B is better, worse, the same or undecided.
func acrossCounts(a analysis.Across) string {
	var parts []string
	for _, v := range []struct {
		verdict results.Verdict
		words   string
	}{{results.VerdictBetter, "better"}, {results.VerdictWorse, "worse"}, {results.VerdictSame, "the same"}, {results.VerdictInconclusive, "undecided"}} {
		if n := a.Count(v.verdict); n > 0 {
			parts = append(parts, fmt.Sprintf("%s on %d", v.words, n))
		}
	}
	return fmt.Sprintf("B is %s of %s", strings.Join(parts, ", "), results.Count(len(a.On), "machine"))
}

// acrossMean is the mean over machines.
func acrossMean(a analysis.Across) string {
	p := a.Pooled
	if p == nil {
		return "; too few machines have a ratio for a mean"
	}
	text := fmt.Sprintf("; on average %s (%.4g %% interval %s to %s)", change(math.Exp(p.Center)), 100*p.Confidence, change(math.Exp(p.Low)), change(math.Exp(p.High)))
	if left := len(a.On) - a.Counted(); left > 0 {
		text += fmt.Sprintf(" over the %d machines with a ratio in every round", a.Counted())
	}
	if a.Hosts < analysis.FewMachines {
		return text + fmt.Sprintf("; %d machines say next to nothing of others", a.Hosts)
	}
	if a.Alike == analysis.AlikeDiffer {
		text += fmt.Sprintf("; one more machine like these: %s to %s", change(math.Exp(p.Predicted.Low)), change(math.Exp(p.Predicted.High)))
	}
	return text
}

// acrossSpread says whether the machines differ.
func acrossSpread(a analysis.Across) string {
	if a.Pooled == nil {
		return ""
	}
	spread := func(tau float64) string { return percent(math.Expm1(tau)) + " %" }
	switch a.Alike {
	case analysis.AlikeDiffer:
		return fmt.Sprintf("the machines differ by more than chance (p %s): their spread is ±%s (%s to %s)",
			probability(a.PValue), spread(a.Pooled.Tau), spread(a.Pooled.TauLow), spread(a.Pooled.TauHigh))
	case analysis.AlikeLittle:
		return fmt.Sprintf("the machines differ by more than chance (p %s), but by little: their spread is ±%s, the margin ±%s %%", probability(a.PValue), spread(a.Pooled.Tau), percent(a.Margin))
	case analysis.AlikeShown:
		return fmt.Sprintf("the machines are alike: their spread is at most ±%s", spread(a.Pooled.TauHigh))
	}
	return fmt.Sprintf("no difference between the machines is shown (p %s): their spread may be anything up to ±%s", probability(a.PValue), spread(a.Pooled.TauHigh))
}

// acrossGoes says which property of the hosts goes with the difference.
func acrossGoes(c analysis.FleetComparison, a analysis.Across) string {
	if a.Alike != analysis.AlikeDiffer {
		return ""
	}
	var parts []string
	for _, g := range a.Goes {
		parts = append(parts, goesWords(g, func(ratio float64) string {
			if c.Absolute() {
				return Format(a.Metric, ratio)
			}
			return change(ratio)
		}))
	}
	var not []string
	for _, name := range a.Tested {
		if !named(a.Goes, name) {
			not = append(not, plain(name))
		}
	}
	if len(not) > 0 {
		parts = append(parts, "it is not shown to go with "+listed(not, "or"))
	}
	var untold []string
	for _, name := range c.Untold {
		if !named(a.Goes, name) {
			untold = append(untold, plain(name))
		}
	}
	if len(untold) > 0 {
		parts = append(parts, "too few machines, or too unevenly spread, to tell whether it goes with "+listed(untold, "or"))
	}
	if len(parts) == 0 {
		return "the hosts differ in nothing that is on record of all of them, so what makes the difference is not known"
	}
	return strings.Join(parts, "; ")
}

// goesWords names what goes with a difference, and its levels.
func goesWords(g analysis.GoesWith, format func(float64) string) string {
	levels := make([]string, len(g.Levels))
	for i, l := range g.Levels {
		levels[i] = fmt.Sprintf("%s: %s on %s", plain(l.Value), format(l.Ratio), results.Count(l.Machines, "machine"))
	}
	values := strings.Join(levels, ", ")
	if len(g.Names) == 1 {
		return fmt.Sprintf("the difference goes with %s (p %s; %s)", plain(g.Names[0]), probability(g.PValue), values)
	}
	return fmt.Sprintf("the difference goes with %s (p %s; by %s %s); on these machines they go together, so that it cannot be told which of them matters",
		listed(plainAll(g.Names), "or"), probability(g.PValue), plain(g.Names[0]), values)
}

func named(goes []analysis.GoesWith, name string) bool {
	for _, g := range goes {
		for _, n := range g.Names {
			if n == name {
				return true
			}
		}
	}
	return false
}

// listed joins things with commas, the last with a word.
func listed(things []string, word string) string {
	if n := len(things); n > 1 {
		return strings.Join(things[:n-1], ", ") + " " + word + " " + things[n-1]
	}
	return strings.Join(things, "")
}

// MergedHead says what a merged file is of, in a line.
func MergedHead(f *results.File) string {
	m := f.Merge
	return fmt.Sprintf("%d of %s · plan %s · merged %s", len(f.Shards), results.Count(m.Of, "machine"), plain(m.PlanHash), Day(m.Time))
}

// FleetGateHeadline is the verdict of the gates of all machines in a sentence.
func FleetGateHeadline(g *analysis.FleetGate) string {
	of := results.Count(len(g.On)+g.Missing, "machine")
	var parts []string
	for _, v := range []struct {
		verdict results.GateVerdict
		words   string
	}{
		{results.GateWorse, "worse on %d"}, {results.GateFailed, "the candidate fails on %d"}, {results.GateInconclusive, "inconclusive on %d"}, {"", "no verdict on %d"}, {results.GatePassed, "passed on %d"},
	} {
		if n := g.Count(v.verdict); n > 0 {
			parts = append(parts, fmt.Sprintf(v.words, n))
		}
	}
	if g.Missing > 0 {
		parts = append(parts, fmt.Sprintf("%d missing", g.Missing))
	}
	word := map[results.GateVerdict]string{results.GateWorse: "failed", results.GateFailed: "failed", results.GateInconclusive: "inconclusive", results.GatePassed: "passed"}[g.Verdict]
	return fmt.Sprintf("%s: of %s %s", word, of, strings.Join(parts, ", "))
}
