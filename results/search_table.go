package results

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// searches writes, per search, the bounds of its goals, then the latencies at shares of what was found, and returns the warnings.
func (p *page) searches(f *File) (warnings []string) {
	latency := f.OfPhase(PhaseLatency)
	if len(f.Searches)+len(latency) == 0 {
		return nil
	}
	s := nameSubjects(slices.Concat(
		scenariosOf(f.Searches, func(s Search) string { return searched(s.Scenario) }),
		scenariosOf(latency, func(t Trial) string { return searched(t.Scenario) })))
	p.section("search for the highest load (RFC 9971)", s.shared)
	if len(f.Searches) > 0 {
		warnings = p.goals(f.Searches, s)
		warnings = append(warnings, searchTrialWarnings(f.OfPhase(PhaseSearch), s)...)
	}
	return append(warnings, p.latencies(latency, s)...)
}

// searched is the part of a scenario's name that a search and the trials at what it found have in common.
func searched(scenario string) string { return withoutKeys(scenario, "load", "duration", "warmup") }

// goals writes a line per goal in a group per search.
func (p *page) goals(searches []Search, s subjects) (warnings []string) {
	var groups []group[Goal]
	for _, search := range searches {
		scenario := searched(search.Scenario)
		groups = append(groups, group[Goal]{s.heading(scenario, searchFacts(search)), search.Goals})
		warnings = append(warnings, s.warn(scenario, "search", slices.Concat(
			failure(search.Error), irregular(search.Goals), plainAll(search.Warnings)))...)
	}
	if columns, dropped := tabulate(p, groups, goalColumns()); len(columns) > 0 {
		p.explain(goalLegend(columns, allRows(groups)), dropped)
	}
	return warnings
}

// searchFacts is what a search did, for a heading.
func searchFacts(s Search) []string {
	var facts []string
	if s.Preset != "" {
		facts = append(facts, plain(s.Preset))
	}
	if s.Trials > 0 {
		facts = append(facts, trialsOf(s.Trials), seconds(s.TrialDurationS)+" under load", seconds(s.DurationS)+" in all")
	}
	if s.MaxLoadPps > 0 {
		facts = append(facts, "loads from "+scaled(s.MinLoadPps)+" to "+scaled(s.MaxLoadPps)+" pps")
	}
	if s.LimitedBy != "" {
		facts = append(facts, "limited by "+plain(s.LimitedBy))
	}
	if h := s.Host; h != nil && h.StealRatio != nil {
		facts = append(facts, "steal "+percent(*h.StealRatio)+"%")
	}
	if h := s.Host; h != nil && h.LongestPauseNs != nil {
		facts = append(facts, "longest pause "+micros(float64(*h.LongestPauseNs))+" µs")
	}
	if h := s.Host; h != nil && h.DriftRatio != nil {
		facts = append(facts, "drift "+percent(*h.DriftRatio)+"%")
	}
	return facts
}

// seconds writes a duration as Go does, to the hundredth: "21s", "1m3.5s".
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Millisecond).String()
}

// headerWidth is explained by the legend.
const headerWidth = "width\n%"

func goalColumns() []column[Goal] {
	return []column[Goal]{
		{left: true, cell: goalLabel},
		{header: "lower\nbound pps", cell: func(g Goal) string { return cellOf(g.RelevantLowerBoundPps, scaledFine) }},
		{header: "upper\nbound pps", cell: func(g Goal) string { return cellOf(g.RelevantUpperBoundPps, scaledFine) }},
		{header: "conditional\nthroughput pps", cell: func(g Goal) string { return cellOf(g.ConditionalThroughputPps, scaledFine) }},
		{header: headerWidth, keep: 1, cell: widthCell},
	}
}

// goalLabel marks what is irregular, as RFC 9971 demands.
func goalLabel(g Goal) string {
	if g.Regular {
		return plain(g.Name)
	}
	return plain(g.Name) + " (irregular)"
}

// widthCell is the distance of the bounds in percent of the upper one.
func widthCell(g Goal) string {
	low, high := g.RelevantLowerBoundPps, g.RelevantUpperBoundPps
	if low == nil || high == nil || *high == 0 {
		return absent
	}
	return percent(1 - *low / *high)
}

// irregular says in words which goals were not met, and why.
func irregular(goals []Goal) []string {
	var out []string
	for _, g := range goals {
		if !g.Regular {
			out = append(out, strings.TrimSuffix(plain(g.Name)+" is irregular: "+plain(g.Reason), ": "))
		}
	}
	return out
}

// goalLegend spells out every distinct goal and the quantities.
func goalLegend(columns []column[Goal], goals []Goal) string {
	var parts []string
	for _, g := range goals {
		part := fmt.Sprintf("%s: a loss of at most %s%% in trials of %s; in up to %s%% of %s under one load it may be higher; bounds within %s%%",
			plain(g.Name), percent(g.LossRatio), seconds(g.FinalTrialDurationS), percent(g.ExceedRatio), seconds(g.DurationSumS), percent(g.WidthRatio))
		if g.InitialTrialDurationS < g.FinalTrialDurationS {
			part += "; first trials of " + seconds(g.InitialTrialDurationS)
		}
		part += "."
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	parts = append(parts, explained(columns, []note{
		{nil, "Bounds are intended loads per direction, conditional throughput is what was forwarded at the lower one."},
		{[]string{headerWidth}, "width: distance of the bounds, relative to the upper one."},
	}))
	return strings.Join(parts, " ")
}

// searchTrialWarnings says what is odd about the packets of the trials behind the searches; that some were lost or not offered is their way.
func searchTrialWarnings(trials []Trial, s subjects) []string {
	return perScenario(trials, searched, func(scenario string, trials []Trial) []string {
		return s.warn(scenario, "search", Sentences(PathWarnings(trials)))
	})
}
