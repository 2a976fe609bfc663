package page

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// verdict is one sentence: what was measured, on what, what came out, what to distrust.
func (b *builder) verdict() string {
	parts := []string{fmt.Sprintf("%s on %s", b.subject(), b.machine())}
	text := parts[0]
	if out := b.outcome(); out != "" {
		text += ": " + out
	}
	switch n := len(b.doc.Warnings); {
	case n == 0:
		text += "; nothing speaks against it"
	default:
		text += "; distrust: " + b.worst()
		if n > 1 {
			text += fmt.Sprintf(" (1 of %d warnings)", n)
		}
	}
	return capital(text) + "."
}

// capital writes the first letter of a sentence large.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// armsWords is what is compared with what, in how many rounds.
func (b *builder) armsWords() string {
	for _, f := range b.files {
		if len(f.Comparisons) > 0 {
			c := f.Comparisons[0]
			lines := report.ArmLines(c)
			rounds := results.Count(c.Rounds+c.UnmeasuredRounds, "round")
			if len(lines) < 2 {
				return "a scenario against itself in " + rounds
			}
			return fmt.Sprintf("B (%s) against A (%s) in %s", strings.TrimPrefix(lines[1], "B: "), strings.TrimPrefix(lines[0], "A: "), rounds)
		}
	}
	return "a comparison of two arms"
}

// subject is what was measured.
func (b *builder) subject() string {
	var parts []string
	add := func(n int, thing string) {
		if n > 0 {
			parts = append(parts, results.Count(n, thing))
		}
	}
	var searches, soaks, bursts, sweeps, arms int
	scenarios := map[string]bool{}
	trials := 0
	for _, f := range b.files {
		searches, soaks, bursts = searches+len(f.Searches), soaks+len(f.Soaks), bursts+len(f.Bursts)
		if len(f.Sweeps) > 0 {
			sweeps++
		}
		for _, t := range f.OfPhase(results.PhasePlain) {
			if t.Arm == "" {
				scenarios[t.Scenario] = true
				trials++
			}
		}
		arms += len(analysis.SeriesOf(f.OfPhase(results.PhasePlain)))
	}
	switch {
	case arms == 1:
		parts = append(parts, b.armsWords())
	case arms > 1:
		parts = append(parts, fmt.Sprintf("%d comparisons of two arms", arms))
	}
	switch {
	case sweeps > 0:
		parts = append(parts, fmt.Sprintf("a sweep of %s", results.Count(len(scenarios), "combination")))
	case trials > 0:
		parts = append(parts, fmt.Sprintf("%s in %s", results.Count(len(scenarios), "scenario"), results.Count(trials, "trial")))
	}
	switch {
	case searches == 1:
		parts = append(parts, "a search for the highest load")
	case searches > 1:
		parts = append(parts, fmt.Sprintf("%d searches for the highest load", searches))
	}
	add(soaks, "soak")
	add(bursts, "burst measurement")
	if len(parts) == 0 {
		parts = []string{"no trials"}
	}
	text := strings.Join(parts, " and ")
	if b.several() {
		text = fmt.Sprintf("%d files with %s", len(b.files), text)
	}
	return text
}

// machine is on what it was measured.
func (b *builder) machine() string {
	var machines []string
	for _, f := range b.files {
		h := f.Host
		var parts []string
		if h.CPUModel != "" {
			parts = append(parts, h.CPUModel)
		}
		if h.Cores > 0 {
			parts = append(parts, results.Count(h.Cores, "CPU"))
		}
		if h.Kernel != "" {
			parts = append(parts, "Linux "+h.Kernel)
		}
		name := h.Hostname
		if name == "" {
			name = "an unknown host"
		}
		if len(parts) > 0 {
			name += " (" + strings.Join(parts, ", ") + ")"
		}
		if name = report.Plain(name); !slices.Contains(machines, name) {
			machines = append(machines, name)
		}
	}
	return strings.Join(machines, " and ")
}

// outcome is what came out, of the part that decides most.
func (b *builder) outcome() string {
	for _, say := range []func() string{b.gateOutcome, b.filesOutcome, b.armsOutcome, b.sweepOutcome, b.searchOutcome, b.soakOutcome, b.burstOutcome, b.trialsOutcome} {
		if text := say(); text != "" {
			return text
		}
	}
	return ""
}

func (b *builder) gateOutcome() string {
	for _, f := range b.files {
		if len(f.Bisects) > 0 {
			return report.Plain(f.Bisects[0].Headline)
		}
		if len(f.Gates) > 0 {
			return "the gate " + report.Plain(f.Gates[0].Headline)
		}
	}
	return ""
}

func (b *builder) filesOutcome() string {
	if !b.several() {
		return ""
	}
	for _, s := range b.doc.Sections {
		if s.ID == "files" && len(s.Words) > 0 {
			return s.Words[0]
		}
	}
	return ""
}

// armsOutcome names what is decided, and counts the rest.
func (b *builder) armsOutcome() string {
	var decided, same []string
	undecided := 0
	for _, f := range b.files {
		for _, c := range f.Comparisons {
			switch c.Verdict {
			case results.VerdictBetter, results.VerdictWorse:
				decided = append(decided, fmt.Sprintf("%s in %s (%s)", c.Verdict, report.Label(c.Metric), report.Change(c)))
			case results.VerdictSame:
				same = append(same, report.Label(c.Metric))
			default:
				undecided++
			}
		}
	}
	var parts []string
	if len(decided) > 0 {
		parts = append(parts, "B is "+strings.Join(decided, ", "))
	}
	if len(same) > 0 {
		parts = append(parts, "the same in "+strings.Join(same, ", "))
	}
	if undecided > 0 && len(parts) > 0 {
		parts = append(parts, fmt.Sprintf("%s undecided", results.Count(undecided, "figure")))
	} else if undecided > 0 {
		parts = append(parts, "nothing is decided")
	}
	return strings.Join(parts, "; ")
}

func (b *builder) sweepOutcome() string {
	for _, f := range b.files {
		if len(f.Sweeps) == 0 {
			continue
		}
		if effects, ok := analysis.EffectsOf(f.Sweeps[0], f.OfPhase(results.PhasePlain)); ok && len(effects.Ranked) > 0 {
			text, _, _ := strings.Cut(report.EffectsWords(effects)[0], "; by the mean")
			return text
		}
	}
	return ""
}

func (b *builder) searchOutcome() string {
	var parts []string
	for _, f := range b.files {
		for _, s := range f.Searches {
			parts = append(parts, searchWords(report.SearchTitle(f.Searches, s), s))
		}
	}
	const said = 3
	if len(parts) > said {
		parts = append(parts[:said], fmt.Sprintf("and %d more", len(parts)-said))
	}
	return strings.Join(parts, "; ")
}

func (b *builder) soakOutcome() string {
	for _, f := range b.files {
		if len(f.Soaks) > 0 {
			s := f.Soaks[0]
			text := report.SoakFacts(s)
			var moved []string
			for _, w := range analysis.SoakWarnings(s) {
				if drifted, is := w.(analysis.MetricDrifted); is {
					moved = append(moved, report.Label(drifted.Metric))
				}
			}
			if len(moved) > 0 {
				return text + ", drift in " + report.Plain(strings.Join(moved, ", "))
			}
			return text + ", no drift that matters"
		}
	}
	return ""
}

func (b *builder) burstOutcome() string {
	for _, f := range b.files {
		for _, burst := range f.Bursts {
			if l := burst.LongestPackets; l != nil {
				return fmt.Sprintf("%s packets back to back without loss (median; %d to %d)", report.Scaled(l.Median), l.Min, l.Max)
			}
		}
	}
	return ""
}

// trialsOutcome is the range of what was brought through, or who was the first under each load.
func (b *builder) trialsOutcome() string {
	lines, _, err := b.lines()
	if err != nil || len(lines) == 0 {
		return ""
	}
	if grouped(lines) {
		return leaders(lines)
	}
	for _, m := range stripMetrics() {
		switch low, high, n := analysis.MedianRange(summariesOf(lines), m.metric); n {
		case 0:
			continue
		case 1:
			return fmt.Sprintf("%s %s", m.format(low), m.axis)
		default:
			return fmt.Sprintf("%s to %s %s", m.format(low), m.format(high), m.axis) + bestOf(lines)
		}
	}
	return ""
}

// leadingMetrics are those that a load may be measured for, the first that there is.
func leadingMetrics() (metrics []results.Metric) {
	for _, m := range stripMetrics() {
		metrics = append(metrics, m.metric)
	}
	return metrics
}

// bestOf names the best program where several were measured, under one load.
func bestOf(lines []line) string {
	duts := map[string]bool{}
	for _, l := range lines {
		if l.load != "" || l.Arm != "" {
			return ""
		}
		duts[results.ValueOf(results.SettingsOf(l.Scenario), "dut")] = true
	}
	place, ok := analysis.Leader(summariesOf(lines), leadingMetrics())
	if !ok || len(duts) < 2 {
		return ""
	}
	return ", the best program by median was " + lines[place].rowLabel()
}

func summariesOf(lines []line) (summaries []analysis.Summary) {
	for _, l := range lines {
		summaries = append(summaries, l.Summary)
	}
	return summaries
}

// leaders says which device under test was first under how many loads, of those that are programs if there are any.
func leaders(lines []line) string {
	firsts := map[string]int{}
	var order []string
	loads := 0
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && lines[j].load == lines[i].load {
			j++
		}
		if place, ok := analysis.Leader(summariesOf(lines[i:j]), leadingMetrics()); ok {
			loads++
			best := lines[i+place].rowLabel()
			if firsts[best]++; firsts[best] == 1 {
				order = append(order, best)
			}
		}
		i = j
	}
	slices.SortStableFunc(order, func(a, b string) int { return firsts[b] - firsts[a] })
	var parts []string
	for _, name := range order {
		parts = append(parts, fmt.Sprintf("%s in %d", name, firsts[name]))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("of the programs under the same load the first by median was %s of %s", strings.Join(parts, ", "), results.Count(loads, "load"))
}

// worst is the warning that matters most: that of the run or its trials before those of the host.
func (b *builder) worst() string {
	if n := len(b.hostWarnings()); n < len(b.doc.Warnings) && n > 0 && !slices.ContainsFunc(b.files, func(f *results.File) bool { return f.Host.Emulated }) {
		return b.doc.Warnings[n]
	}
	return b.doc.Warnings[0]
}
