package page

import (
	"fmt"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// timePoints is how many points a line in time has; where there are more intervals, neighbours are taken together.
const timePoints = 300

// soaks shows figures over time.
func (b *builder) soaks() error {
	s := section{ID: "soaks", Title: "Soak"}
	for i, f := range b.files {
		for _, soak := range f.Soaks {
			title := ""
			if len(f.Soaks) > 1 {
				title = report.Titles(soakScenarios(f))[soak.Scenario]
			}
			if n := b.number(i); n != "" {
				title = withSpace(title, "file "+n)
			}
			s.Facts = append(s.Facts, prefix(title)+"scenario: "+report.Plain(soak.Scenario))
			s.Words = append(s.Words, prefix(title)+report.SoakFacts(soak))
			for _, m := range soakMetrics() {
				if err := b.overTime(&s, title, m, f, soak); err != nil {
					return err
				}
			}
			b.memory(&s, title, soak)
		}
	}
	b.add(s)
	return nil
}

func soakScenarios(f *results.File) (names []string) {
	for _, s := range f.Soaks {
		names = append(names, s.Scenario)
	}
	return names
}

func soakMetrics() []stripMetric {
	return []stripMetric{
		{results.MetricForwarded, "Forwarded packets per second", "packets/s", report.Scaled},
		{results.MetricLoss, "Loss", "% of the intended packets", report.Percent},
		{results.Latency("p50"), "Latency, median", "µs", report.Micros},
		{results.Latency("p99"), "Latency, 99th percentile", "µs", report.Micros},
		{results.MetricDUTCost, "CPU time of the program", "ns per packet", report.Significant},
		{results.MetricSteal, "Steal: CPU time that the hypervisor took", "% of the CPU time", report.Percent},
	}
}

// overTime adds one metric in time.
func (b *builder) overTime(s *section, title string, m stripMetric, file *results.File, soak results.Soak) error {
	points := analysis.Timeline(file.Trials, soak.Scenario, results.PhaseInterval, m.metric, timePoints)
	if len(points) < 2 {
		return nil
	}
	f := figure{Title: prefix(title) + m.title + " over time", Table: table{Head: numbers("after s", m.axis, "least", "greatest", "intervals")}}
	series := chart.Series{Number: 0, Joined: true, Small: true}
	var all, seconds []float64
	together := false
	for _, p := range points {
		point := chart.Point{X: p.Seconds, Y: p.Value, Tip: fmt.Sprintf("after %s: %s %s", report.Seconds(p.Seconds), m.format(p.Value), m.axis)}
		if p.Trials > 1 {
			together = true
			point.Low, point.High = new(p.Least), new(p.Most)
		}
		series.Points = append(series.Points, point)
		all, seconds = append(all, p.Least, p.Most), append(seconds, p.Seconds)
		f.Table.Rows = append(f.Table.Rows, tableRow{"", []cell{
			{Text: report.Significant(p.Seconds), Sort: fmt.Sprint(p.Seconds)}, figureCell(p.Value, m.format(p.Value)), figureCell(p.Least, m.format(p.Least)), figureCell(p.Most, m.format(p.Most)), count(int64(p.Trials)),
		}})
	}
	if slices.Max(all) == 0 {
		return nil
	}
	for _, d := range soak.Drifts {
		if d.Metric == m.metric {
			f.Note = driftWords(d)
		}
	}
	if together {
		f.Note += " A point is the median of neighbouring intervals, its bar their range."
	}
	y := chart.Fit(all)
	xy := chart.XY{
		Series: []chart.Series{series}, X: chart.Scale{Low: slices.Min(seconds), High: slices.Max(seconds)}, Y: y, XName: "time since the start", YName: m.axis,
		XFormat: clock, YFormat: m.format, Height: 130,
	}
	f.Note += axisNote(y.FromZero(), y.Log)
	f, err := b.chart(f, fmt.Sprintf("A line from %s to %s %s.", m.format(series.Points[0].Y), m.format(series.Points[len(points)-1].Y), m.axis), xy.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// clock is a time on an axis, without seconds and minutes that are 0: "1h40m".
func clock(seconds float64) string {
	text := report.Seconds(seconds)
	if hours, found := strings.CutSuffix(text, "h0m0s"); found {
		return hours + "h"
	}
	if minutes, found := strings.CutSuffix(text, "m0s"); found {
		return minutes + "m"
	}
	return text
}

// driftWords says how a metric changed.
func driftWords(d results.Drift) string {
	text := fmt.Sprintf("Fitted change over the whole time: %s %%", report.Percent(d.ChangeRatio))
	if d.ChangeRatio > 0 {
		text = fmt.Sprintf("Fitted change over the whole time: +%s %%", report.Percent(d.ChangeRatio))
	}
	if d.PValue != nil {
		return text + fmt.Sprintf("; chance of such a trend where there is none: %s.", report.Probability(*d.PValue))
	}
	return text + "."
}

// memory adds the memory of the processes.
func (b *builder) memory(s *section, title string, soak results.Soak) {
	if len(soak.Memory) == 0 {
		return
	}
	f := figure{Title: prefix(title) + "Memory", Open: true, Table: table{Head: numbers("process", "first MB", "last MB", "growth MB/h")}}
	megabytes := func(v float64) cell { return figureCell(v, report.Significant(v/1e6)) }
	for _, m := range soak.Memory {
		f.Table.Rows = append(f.Table.Rows, tableRow{string(m.Process), []cell{
			{Text: report.Plain(string(m.Process))}, megabytes(float64(m.FirstBytes)), megabytes(float64(m.LastBytes)), megabytes(m.GrowthBytesPerHour),
		}})
	}
	s.Figures = append(s.Figures, b.named(f))
}
