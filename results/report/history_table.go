package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// sparkWidth is the most characters that a series takes in its line of the table.
const sparkWidth = 40

// HistoryTable renders the history of result files: a line for each series, a line for each change of level, and what a reader must know. It ends in a newline.
func HistoryTable(h *analysis.History, o Options) string {
	p := page{layout.NewPage(o)}
	p.Paragraph([]string{HistoryHead(h)}, "", text.Bold)
	s := nameSubjects(scenariosOf(slices.Concat(h.Series, h.Short), func(s analysis.Series) string { return s.Scenario }))
	if len(h.Series) > 0 {
		p.Section("series", s.shared)
		_, dropped := layout.Tabulate(p.Page, historyGroups(h.Series, s), historyColumns())
		p.Explain(historyLegend, dropped)
		p.historyChanges(h, s)
	}
	if warnings := HistoryWarnings(h); len(warnings) > 0 {
		p.Blank()
		p.Paragraph(prefixed("warning: ", warnings), "", text.FgYellow)
	}
	p.Blank()
	p.Paragraph([]string{HistorySentence(h)}, "", text.Bold)
	return p.String()
}

// HistoryHead is how many runs of what time and how many hosts there are.
func HistoryHead(h *analysis.History) string {
	first, last := h.Runs[0].Time, h.Runs[len(h.Runs)-1].Time
	return fmt.Sprintf("history of %s, %s to %s, on %s", results.Count(len(h.Runs), "run"), Day(first), Day(last), results.Count(len(h.Hosts()), "host"))
}

func historyGroups(all []analysis.Series, s subjects) []layout.Group[analysis.Series] {
	var groups []layout.Group[analysis.Series]
	for i, one := range all {
		if i == 0 || one.Scenario != all[i-1].Scenario || one.Reference != all[i-1].Reference {
			groups = append(groups, layout.Group[analysis.Series]{Heading: historyHeading(one, s)})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, one)
	}
	return groups
}

// historyHeading names a scenario and what its figures are ratios to.
func historyHeading(s analysis.Series, names subjects) string {
	title := names.titles[s.Scenario]
	if title == "" {
		title = plain(results.ValueOf(results.SettingsOf(s.Scenario), dutKey))
	}
	return title + ": " + HistoryReference(s)
}

// HistoryReference says what the figures of a series are ratios to.
func HistoryReference(s analysis.Series) string {
	switch {
	case s.Arms:
		return "B to A, as ab or gate compared them"
	case s.Reference != "":
		return "ratio to " + plain(results.ValueOf(results.SettingsOf(s.Reference), dutKey)) + " in the same run"
	}
	return "no reference in the runs, so that it moves with the machine"
}

func historyColumns() []layout.Column[analysis.Series] {
	at := func(level func(analysis.Series) analysis.HistoryLevel) func(analysis.Series) string {
		return func(s analysis.Series) string { return HistoryFormat(s)(level(s).Median) }
	}
	return []layout.Column[analysis.Series]{
		{Left: true, Cell: func(s analysis.Series) string { return armWording(s.Metric).label }},
		{Header: "\nruns", Keep: 1, Cell: func(s analysis.Series) string { return fmt.Sprint(len(s.Points)) }},
		{Header: "first\nlevel", Keep: 3, Cell: at(func(s analysis.Series) analysis.HistoryLevel { return s.Levels[0] })},
		{Header: "newest\nlevel", Keep: 4, Cell: at(func(s analysis.Series) analysis.HistoryLevel { return s.Levels[len(s.Levels)-1] })},
		{Header: "spread\n%", Keep: 2, Cell: func(s analysis.Series) string { return percent(s.Spread()) }},
		{Header: "\nchanges", Cell: func(s analysis.Series) string { return fmt.Sprint(len(s.Changes)) }},
		{Header: "\nall runs", Left: true, Cell: spark},
	}
}

// HistoryFormat is how a figure of a series is written: a ratio, or the metric in its own unit.
func HistoryFormat(s analysis.Series) func(float64) string {
	if s.Reference != "" {
		return quotient
	}
	return armWording(s.Metric).format
}

const historyLegend = "first, newest level: median of the runs before the first and since the last change. spread: median distance of a run from its level. " +
	"all runs: oldest on the left, the largest figure highest."

// spark draws a series in a line of blocks, several runs a block where there are many: their median. Differences of less than 2 % fill no more than a step.
func spark(s analysis.Series) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	values := s.Thinned(sparkWidth)
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	scale := max(high-low, 0.14*low)
	var b strings.Builder
	for _, v := range values {
		b.WriteRune(blocks[min(int((v-low)/scale*float64(len(blocks))), len(blocks)-1)])
	}
	return b.String()
}

// historyChange is a change together with the series that it is in.
type historyChange struct {
	analysis.Series
	analysis.Change
	history *analysis.History
}

// historyChanges writes a line for each change.
func (p page) historyChanges(h *analysis.History, s subjects) {
	var groups []layout.Group[historyChange]
	for _, one := range h.Series {
		if len(one.Changes) == 0 {
			continue
		}
		group := layout.Group[historyChange]{Heading: strings.TrimPrefix(s.titles[one.Scenario]+": "+armWording(one.Metric).label, ": ")}
		for _, c := range one.Changes {
			group.Rows = append(group.Rows, historyChange{one, c, h})
		}
		groups = append(groups, group)
	}
	if len(groups) == 0 {
		return
	}
	p.Section("changes", nil)
	_, dropped := layout.Tabulate(p.Page, groups, changeColumns())
	p.Explain(ChangeLegend, dropped)
}

func changeColumns() []layout.Column[historyChange] {
	return []layout.Column[historyChange]{
		{Header: "from run", Cell: func(c historyChange) string { return fmt.Sprint(c.run() + 1) }},
		{Header: "of", Left: true, Keep: 2, Cell: func(c historyChange) string { return Day(c.history.Runs[c.run()].Time) }},
		{Header: "version", Left: true, Keep: 4, Cell: func(c historyChange) string { return VersionsOf(c.Series, c.Change) }},
		{Header: "change", Left: true, Cell: func(c historyChange) string { return change(c.Ratio) }},
		{Header: "p", Keep: 1, Cell: func(c historyChange) string { return probability(c.PValue) }},
		{Header: "verdict", Left: true, Cell: func(c historyChange) string { return string(c.Verdict) }},
		{Header: "the machine changed too", Left: true, Keep: 3, Cell: func(c historyChange) string { return MachineOf(c.Change) }},
	}
}

// ChangeLegend says what the columns of a table of changes are.
const ChangeLegend = "version: of the last run before and of the first with the new level. p: probability of a change as clear as this where nothing changed. " +
	"same: within the metric's margin. the machine changed too: what all runs of the level before have in one way and all of the new level in another."

func (c historyChange) run() int { return c.Points[c.At].Run }

// VersionsOf are the versions of the last run before a change and of the first after it.
func VersionsOf(s analysis.Series, c analysis.Change) string {
	before, after := ShortVersion(s.Points[c.At-1].Version), ShortVersion(s.Points[c.At].Version)
	if before == after {
		return after
	}
	return before + " → " + after
}

// ShortVersion is enough of a commit or digest to find it.
func ShortVersion(text string) string {
	const enough = 12
	text = plain(text)
	if runes := []rune(text); len(runes) > enough {
		return string(runes[:enough])
	}
	return text
}

// MachineOf is what changed of the machine together with the level.
func MachineOf(c analysis.Change) string { return strings.Join(machineChange(c), ", ") }

func machineChange(c analysis.Change) []string {
	var parts []string
	for _, d := range c.Host {
		parts = append(parts, plain(d.Name)+" "+plain(d.Here)+" → "+plain(d.There))
	}
	return parts
}

// HistoryRecord is a series as a record.
func HistoryRecord(h *analysis.History, s analysis.Series) results.Series {
	record := results.Series{Scenario: s.Scenario, Metric: s.Metric, Reference: s.Reference, Arms: s.Arms, MoreIsGood: s.Metric.MoreIsBetter()}
	for _, p := range s.Points {
		run := results.SeriesRun{Time: h.Runs[p.Run].Time, File: h.Runs[p.Run].Path, Version: p.Version, Value: p.Value}
		if p.Aligned != p.Value {
			run.Aligned = &p.Aligned
		}
		record.Runs = append(record.Runs, run)
	}
	for _, c := range s.Changes {
		record.Changes = append(record.Changes, results.SeriesChange{
			Run: c.At, Ratio: c.Ratio, PValue: c.PValue, Verdict: c.Verdict, Recent: h.Recently(s, c), Machine: machineChange(c),
		})
	}
	if s.States != nil {
		record.FarRatio = &s.States.Ratio
	}
	if s.Gone != nil {
		record.NewestLacks = goneWords(*s.Gone)
	}
	return record
}
