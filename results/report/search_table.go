package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// searches writes, per search, the bounds of its goals, then the latencies at shares of what was found, and returns the warnings.
func (p page) searches(f *results.File) (warnings []string) {
	latency := f.OfPhase(results.PhaseLatency)
	if len(f.Searches)+len(latency) == 0 {
		return nil
	}
	s := nameSubjects(slices.Concat(
		scenariosOf(f.Searches, func(s results.Search) string { return searched(s.Scenario) }),
		scenariosOf(latency, func(t results.Trial) string { return searched(t.Scenario) })))
	p.Section("search for the highest load (RFC 9971)", s.shared)
	if len(f.Searches) > 0 {
		warnings = p.goals(f.Searches, s)
		warnings = append(warnings, searchTrialWarnings(f.OfPhase(results.PhaseSearch), s)...)
	}
	return append(warnings, p.latencies(latency, s)...)
}

// searched is the part of a scenario's name that a search and the trials at what it found have in common.
func searched(scenario string) string { return withoutKeys(scenario, "load", "duration", "warmup") }

// goals writes a line per goal in a group per search.
func (p page) goals(searches []results.Search, s subjects) (warnings []string) {
	var groups []layout.Group[results.Goal]
	for _, search := range searches {
		scenario := searched(search.Scenario)
		groups = append(groups, layout.Group[results.Goal]{Heading: s.heading(scenario, searchFacts(search)), Rows: search.Goals})
		warnings = append(warnings, s.warn(scenario, "search", slices.Concat(
			failure(search.Error), irregular(search.Goals), plainAll(search.Warnings)))...)
	}
	if columns, dropped := layout.Tabulate(p.Page, groups, goalColumns()); len(columns) > 0 {
		p.Explain(goalLegend(columns, layout.AllRows(groups)), dropped)
	}
	return warnings
}

// searchFacts is what a search did, for a heading.
func searchFacts(s results.Search) []string {
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

func goalColumns() []layout.Column[results.Goal] {
	return []layout.Column[results.Goal]{
		{Left: true, Cell: goalLabel},
		{Header: "lower\nbound pps", Cell: func(g results.Goal) string { return cellOf(g.RelevantLowerBoundPps, scaledFine) }},
		{Header: "upper\nbound pps", Cell: func(g results.Goal) string { return cellOf(g.RelevantUpperBoundPps, scaledFine) }},
		{Header: "conditional\nthroughput pps", Cell: func(g results.Goal) string { return cellOf(g.ConditionalThroughputPps, scaledFine) }},
		{Header: headerWidth, Keep: 1, Cell: widthCell},
	}
}

// goalLabel marks what is irregular, as RFC 9971 demands.
func goalLabel(g results.Goal) string {
	if g.Regular {
		return plain(g.Name)
	}
	return plain(g.Name) + " (irregular)"
}

// widthCell is the distance of the bounds in percent of the upper one.
func widthCell(g results.Goal) string {
	low, high := g.RelevantLowerBoundPps, g.RelevantUpperBoundPps
	if low == nil || high == nil || *high == 0 {
		return layout.Absent
	}
	return percent(1 - *low / *high)
}

// irregular says in words which goals were not met, and why.
func irregular(goals []results.Goal) []string {
	var out []string
	for _, g := range goals {
		if !g.Regular {
			out = append(out, strings.TrimSuffix(plain(g.Name)+" is irregular: "+plain(g.Reason), ": "))
		}
	}
	return out
}

// goalLegend spells out every distinct goal and the quantities.
func goalLegend(columns []layout.Column[results.Goal], goals []results.Goal) string {
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
	parts = append(parts, layout.Explained(columns, []layout.Note{
		{Text: "Bounds are intended loads per direction, conditional throughput is what was forwarded at the lower one."},
		{Headers: []string{headerWidth}, Text: "width: distance of the bounds, relative to the upper one."},
	}))
	return strings.Join(parts, " ")
}

// searchTrialWarnings says what is odd about the packets of the trials behind the searches; that some were lost or not offered is their way.
func searchTrialWarnings(trials []results.Trial, s subjects) []string {
	return perScenario(trials, searched, func(scenario string, trials []results.Trial) []string {
		return s.warn(scenario, "search", Sentences(analysis.PathWarnings(trials)))
	})
}

// latencies writes a line per trial at a share of what a search found, in a group per scenario, and returns the warnings. Failed and
// interrupted trials have no line.
func (p page) latencies(trials []results.Trial, s subjects) (warnings []string) {
	if len(trials) == 0 {
		return nil
	}
	var groups []layout.Group[results.Trial]
	index := map[string]int{}
	for _, t := range trials {
		scenario := searched(t.Scenario)
		warnings = append(warnings, s.warn(scenario, "latency", prefixed(shareLabel(t)+": ", Sentences(analysis.TrialWarnings([]results.Trial{t}))))...)
		i, seen := index[scenario]
		if !seen {
			i = len(groups)
			index[scenario] = i
			groups = append(groups, layout.Group[results.Trial]{Heading: s.titles[scenario]})
		}
		if t.Usable() {
			groups[i].Rows = append(groups[i].Rows, t)
		}
	}
	if columns, dropped := layout.Tabulate(p.Page, groups, latencyColumns()); len(columns) > 0 {
		p.Explain("Each line is one trial. µs: one-way latency from the intended send time.", dropped)
	}
	return warnings
}

func latencyColumns() []layout.Column[results.Trial] {
	latency := func(of func(*results.Distribution) int64) func(results.Trial) string {
		return func(t results.Trial) string { return microsOf(t.LatencyNs, of) }
	}
	return []layout.Column[results.Trial]{
		{Header: "load", Left: true, Cell: shareLabel},
		{Header: "intended\npps", Keep: 3, Cell: func(t results.Trial) string { return cellOf(t.IntendedPps, scaledFine) }},
		{Header: "loss\n%", Keep: 4, Cell: func(t results.Trial) string { return cellOf(t.LossRatio, percent) }},
		{Header: headerP50, Cell: latency(p50)},
		{Header: "p90\nµs", Keep: 1, Cell: latency(p90)},
		{Header: "p99\nµs", Cell: latency(p99)},
		{Header: "p99.9\nµs", Keep: 5, Cell: latency(p999)},
		{Header: "p99.99\nµs", Keep: 2, Cell: latency(p9999)},
		{Header: "max\nµs", Keep: 2, Cell: latency(most)},
	}
}

// shareLabel says of what the load is a share: "90 % of NDR".
func shareLabel(t results.Trial) string {
	if t.GoalShare != nil {
		return significantTo(100*t.GoalShare.Ratio, 2) + " % of " + plain(t.GoalShare.Goal)
	}
	for _, p := range results.SettingsOf(t.Scenario) {
		if p.Key == "load" {
			return strings.TrimSpace(plain(p.String()))
		}
	}
	return layout.Absent
}
