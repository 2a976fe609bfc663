package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// searches shows the loads that searches tried, and what they found.
func (b *builder) searches() error {
	s := section{ID: "searches", Title: "Search for the highest load", Notes: []string{
		"NDR is the highest load without loss, PDR that with the loss its goal allows (RFC 9971). Loads are intended loads per direction.",
	}}
	for i, f := range b.files {
		for _, search := range f.Searches {
			title := report.SearchTitle(f.Searches, search)
			if n := b.number(i); n != "" {
				title = withSpace(title, "· file "+n)
			}
			s.Words = append(s.Words, searchWords(title, search))
			if err := b.search(&s, title, search, f.Trials); err != nil {
				return err
			}
		}
		if len(f.Searches) == 1 && !b.several() {
			s.Facts = []string{"scenario: " + report.Plain(f.Searches[0].Scenario), report.SearchFacts(f.Searches[0])}
		}
	}
	b.add(s)
	return nil
}

// searchWords says what was found.
func searchWords(title string, s results.Search) string {
	var parts []string
	for _, g := range s.Goals {
		parts = append(parts, goalWords(g))
	}
	if s.Error != "" {
		parts = append(parts, "failed: "+report.Brief(s.Error))
	}
	if len(parts) == 0 {
		parts = []string{"nothing was found"}
	}
	return prefix(title) + strings.Join(parts, ", ")
}

// goalWords is "NDR 437 k packets/s".
func goalWords(g results.Goal) string {
	name := report.Plain(g.Name)
	switch {
	case g.RelevantLowerBoundPps == nil:
		return name + " not found"
	case !g.Regular:
		return fmt.Sprintf("%s at least %s packets/s (irregular)", name, report.Scaled(*g.RelevantLowerBoundPps))
	}
	return fmt.Sprintf("%s %s packets/s", name, report.Scaled(*g.RelevantLowerBoundPps))
}

// prefix sets a title before what is said of it.
func prefix(title string) string {
	if title == "" {
		return ""
	}
	return title + ": "
}

func (b *builder) search(s *section, title string, search results.Search, trials []results.Trial) error {
	points := analysis.SearchPoints(search, results.PhaseSearch, trials)
	if len(points) > 0 {
		for _, draw := range []func(*section, string, results.Search, []analysis.LoadPoint) error{b.lossOverLoad, b.closingIn} {
			if err := draw(s, title, search, points); err != nil {
				return err
			}
		}
	}
	return b.latencyOverLoad(s, title, analysis.SearchPoints(search, results.PhaseLatency, trials))
}

// bounds are the lines of what was found.
func bounds(search results.Search) (lines []chart.Reference) {
	for i, g := range search.Goals {
		class := fmt.Sprintf("s%d", i%2)
		if g.RelevantLowerBoundPps != nil {
			lines = append(lines, chart.Reference{X: *g.RelevantLowerBoundPps, Label: report.Plain(g.Name) + " " + report.Scaled(*g.RelevantLowerBoundPps), Class: class})
		}
		if g.RelevantUpperBoundPps != nil && g.RelevantLowerBoundPps == nil {
			lines = append(lines, chart.Reference{X: *g.RelevantUpperBoundPps, Label: report.Plain(g.Name) + " below " + report.Scaled(*g.RelevantUpperBoundPps), Class: class})
		}
	}
	return lines
}

func loadsOf(points []analysis.LoadPoint) (loads []float64) {
	for _, p := range points {
		loads = append(loads, p.IntendedPps)
	}
	return loads
}

func (b *builder) lossOverLoad(s *section, title string, search results.Search, points []analysis.LoadPoint) error {
	f := figure{Title: prefix(title) + "Loss over load", Table: table{Head: numbers("trial", "load pps", "loss %", "duration s")}}
	var losses []float64
	for _, p := range points {
		if p.LossRatio != nil {
			losses = append(losses, *p.LossRatio)
		}
	}
	scale := chart.Fit(losses)
	if scale.Log || !scale.FromZero() { // no loss has a place on the axis too
		scale = chart.Scale{High: greatest(losses) * 1.05}
	}
	loads := chart.Fit(append(loadsOf(points), boundFigures(search)...))
	none := chart.Series{Number: 0, Key: title}
	some := chart.Series{Number: 1, Key: title}
	for _, p := range points {
		f.Table.Rows = append(f.Table.Rows, tableRow{title, []cell{
			{Text: fmt.Sprint(p.Order + 1)}, figureCell(p.IntendedPps, report.Scaled(p.IntendedPps)), optional(p.LossRatio, report.Percent), figureCell(p.DurationS, report.Significant(p.DurationS)),
		}})
		if p.LossRatio == nil {
			continue
		}
		point := chart.Point{X: p.IntendedPps, Y: *p.LossRatio, Tip: fmt.Sprintf("trial %d\n%s packets/s: %s %% lost", p.Order+1, report.Scaled(p.IntendedPps), report.Percent(*p.LossRatio))}
		if *p.LossRatio > 0 {
			some.Points = append(some.Points, point)
		} else {
			none.Points = append(none.Points, point)
		}
	}
	xy := chart.XY{
		Series: []chart.Series{none, some}, X: loads, Y: scale, XName: "intended load, packets/s", YName: "% lost", XFormat: report.Scaled,
		YFormat: report.Percent, Height: 200, Lines: bounds(search),
	}
	f.Note = fmt.Sprintf("Circles: no packet was lost, squares: some were. %s.", results.Count(len(points), "trial"))
	f, err := b.chart(f, "Loss of every trial by its load. "+searchWords("", search)+".", xy.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

func boundFigures(search results.Search) (loads []float64) {
	for _, l := range bounds(search) {
		loads = append(loads, l.X)
	}
	return loads
}

func greatest(values []float64) float64 {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	if most == 0 {
		return 1
	}
	return most
}

// closingIn shows the loads in the order in which they were tried.
func (b *builder) closingIn(s *section, title string, search results.Search, points []analysis.LoadPoint) error {
	f := figure{
		Title: prefix(title) + "How the bounds closed in", Note: "Each load in its turn: circles lost nothing, squares within what the last goal allows, triangles more.",
		Table: table{Head: numbers("trial", "load pps", "loss %")},
	}
	allowed := 0.0
	for _, g := range search.Goals {
		allowed = max(allowed, g.LossRatio)
	}
	series := []chart.Series{{Number: 0, Key: title}, {Number: 1, Key: title}, {Number: 2, Class: "bad", Key: title}}
	for _, p := range points {
		f.Table.Rows = append(f.Table.Rows, tableRow{title, []cell{
			{Text: fmt.Sprint(p.Order + 1)}, figureCell(p.IntendedPps, report.Scaled(p.IntendedPps)), optional(p.LossRatio, report.Percent),
		}})
		if p.LossRatio == nil {
			continue
		}
		kind := 2
		switch {
		case *p.LossRatio <= 0:
			kind = 0
		case *p.LossRatio <= allowed:
			kind = 1
		}
		series[kind].Points = append(series[kind].Points, chart.Point{
			X: float64(p.Order + 1), Y: p.IntendedPps,
			Tip: fmt.Sprintf("trial %d\n%s packets/s: %s %% lost", p.Order+1, report.Scaled(p.IntendedPps), report.Percent(*p.LossRatio)),
		})
	}
	xy := chart.XY{
		Series: series, X: chart.Scale{Low: 0, High: float64(len(points) + 1)}, Y: chart.FitLog(loadsOf(points)), XName: "trial", YName: "intended load, packets/s",
		XFormat: report.Significant, YFormat: report.Scaled, Height: 200,
	}
	f, err := b.chart(f, fmt.Sprintf("Loads of %s in their order. %s.", results.Count(len(points), "trial"), searchWords("", search)), xy.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// latencyOverLoad shows the latencies at shares of what was found.
func (b *builder) latencyOverLoad(s *section, title string, points []analysis.LoadPoint) error {
	f := figure{
		Title: prefix(title) + "Latency over load", Note: "One way, from the intended send time, at shares of what was found; each point is one trial.",
		Table: table{Head: numbers("load", "pps", "loss %", "p50 µs", "p99 µs", "p99.9 µs")},
	}
	var all []float64
	names := []string{"p50", "p99", "p99.9"}
	byGoal := map[string][]chart.Series{}
	var goals []string
	for _, p := range byLoad(points) {
		if p.LatencyNs == nil {
			continue
		}
		share := report.Scaled(p.IntendedPps) + " pps"
		if p.GoalShare != nil {
			share = fmt.Sprintf("%s %% of %s", report.Significant(100*p.GoalShare.Ratio), report.Plain(p.GoalShare.Goal))
		}
		row := tableRow{title, []cell{{Text: share}, figureCell(p.IntendedPps, report.Scaled(p.IntendedPps)), optional(p.LossRatio, report.Percent)}}
		goal := ""
		if p.GoalShare != nil {
			goal = p.GoalShare.Goal
		}
		if byGoal[goal] == nil {
			goals = append(goals, goal)
			for i, name := range names {
				s := chart.Series{Number: i, Joined: true}
				if len(goals) == 1 {
					s.Label = name
				}
				byGoal[goal] = append(byGoal[goal], s)
			}
		}
		series := byGoal[goal]
		for i, ns := range []int64{p.LatencyNs.P50, p.LatencyNs.P99, p.LatencyNs.P999} {
			all = append(all, float64(ns))
			row.Cells = append(row.Cells, figureCell(float64(ns), report.Micros(float64(ns))))
			series[i].Points = append(series[i].Points, chart.Point{
				X: p.IntendedPps, Y: float64(ns), Tip: fmt.Sprintf("%s, %s\n%s µs", share, names[i], report.Micros(float64(ns))),
			})
		}
		f.Table.Rows = append(f.Table.Rows, row)
	}
	if len(all) == 0 {
		return nil
	}
	var series []chart.Series
	for _, goal := range goals {
		series = append(series, byGoal[goal]...)
	}
	xy := chart.XY{
		Series: series, X: chart.Scale{High: greatest(loadsOf(points)) * 1.05}, Y: chart.FitLog(all), XName: "intended load, packets/s", YName: "µs",
		XFormat: report.Scaled, YFormat: report.Micros, Height: 220,
	}
	f, err := b.chart(f, "Latency percentiles by load; the figures are in the table.", xy.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// byLoad sorts points by their load.
func byLoad(points []analysis.LoadPoint) []analysis.LoadPoint {
	sorted := slices.Clone(points)
	slices.SortStableFunc(sorted, func(a, b analysis.LoadPoint) int { return cmp.Compare(a.IntendedPps, b.IntendedPps) })
	return sorted
}
