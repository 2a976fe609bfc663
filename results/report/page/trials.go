package page

import (
	"fmt"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// stripMetric is a metric that has a chart of dots.
type stripMetric struct {
	metric results.Metric
	title  string
	axis   string
	format func(float64) string
}

func stripMetrics() []stripMetric {
	return []stripMetric{
		{results.MetricForwarded, "Forwarded packets per second", "packets/s", report.Scaled},
		{results.MetricThroughput, "Throughput", "bit/s", report.Scaled},
		{results.Latency("p50"), "Latency, median", "µs one way, from the intended send time", report.Micros},
		{results.Latency("p99"), "Latency, 99th percentile", "µs one way, from the intended send time", report.Micros},
		{results.RoundTrip("p50"), "Round trip, median", "µs there and back, one packet in flight", report.Micros},
		{results.RoundTrip("p99"), "Round trip, 99th percentile", "µs there and back, one packet in flight", report.Micros},
		{results.MetricOverhead, "What the tunnel adds on the wire", "bytes per packet", report.Significant},
	}
}

// trials shows the trials that were measured for their own sake.
func (b *builder) trials() error {
	lines, shared, err := b.lines()
	if err != nil || len(lines) == 0 {
		return err
	}
	s := section{ID: "trials", Title: "Trials", Facts: shared}
	for _, m := range stripMetrics() {
		if err := b.strip(&s, m, lines); err != nil {
			return err
		}
	}
	for _, part := range []func(*section, []line) error{b.spectra, b.ledgers, b.cpu, b.queues} {
		if err := part(&s, lines); err != nil {
			return err
		}
	}
	b.add(s)
	return nil
}

// strip adds the chart of one metric, nothing where no trial has it.
func (b *builder) strip(s *section, m stripMetric, lines []line) error {
	strip := chart.Strip{Name: m.axis, Format: m.format}
	f := figure{Title: m.title, Table: table{Head: numbers("", "n", "median "+m.unit(), "95 % from", "to", "least", "greatest")}}
	spreads := b.spreads(m.metric)
	trials := 0
	heading := ""
	for _, l := range lines {
		if l.heading != "" {
			heading = l.heading
		}
		spread, ok := spreads[l.file][l.Repeats()]
		if !ok || m.saysNothing(l.Scenario) {
			continue
		}
		trials += len(spread.Values)
		r := chart.StripRow{Label: l.rowLabel(), Heading: heading, Key: l.key(), Series: l.series, Values: spread.Values, Median: spread.Median}
		heading = ""
		low, high := cell{Text: "–"}, cell{Text: "–"}
		if spread.Range != nil {
			r.Low, r.High = &spread.Range.Low, &spread.Range.High
			low, high = optional(r.Low, m.format), optional(r.High, m.format)
		}
		r.Tip = m.tip(l, spread)
		strip.Rows = append(strip.Rows, r)
		stat := l.Stats[m.metric]
		f.Table.Rows = append(f.Table.Rows, tableRow{l.key(), []cell{
			{Text: l.title()},
			count(int64(len(spread.Values))), figureCell(spread.Median, m.format(spread.Median)), low, high,
			figureCell(stat.Min, m.format(stat.Min)), figureCell(stat.Max, m.format(stat.Max)),
		}})
	}
	if len(strip.Rows) == 0 {
		return nil
	}
	f.Note = "A dot is a trial, the line their median, the band its 95 % interval."
	strip.Rows = shownRows(strip.Rows, &f.Note)
	if _, perDot := strip.Draw(wideWidth); perDot > 1 {
		f.Note += fmt.Sprintf(" Where many trials have the same place, a dot stands for up to %d.", perDot)
	}
	f.Note += axisNote(strip.FromZero(), strip.Log())
	f, err := b.chart(f, stripLabel(m, strip.Rows), func(width float64) chart.Drawing {
		d, _ := strip.Draw(width)
		return d
	})
	s.Figures = append(s.Figures, f)
	return err
}

// spreads are those of each file.
func (b *builder) spreads(m results.Metric) []map[analysis.Repeats]analysis.Spread {
	spreads := make([]map[analysis.Repeats]analysis.Spread, len(b.files))
	for i, f := range b.files {
		spreads[i] = analysis.Spreads(plainTrials(f), m)
	}
	return spreads
}

// saysNothing is true of the bits of UDP, which packets of one size tell already.
func (m stripMetric) saysNothing(scenario string) bool {
	return m.metric == results.MetricThroughput && results.ValueOf(results.SettingsOf(scenario), "proto") == "udp"
}

// unit is that of the figures, the first word of the axis.
func (m stripMetric) unit() string {
	unit, _, _ := strings.Cut(m.axis, " ")
	return unit
}

// rowLabel is the label of a line, which is its load where nothing else is.
func (l line) rowLabel() string {
	if l.label == "" {
		return l.load
	}
	return l.label
}

func (m stripMetric) tip(l line, s analysis.Spread) string {
	stat := l.Stats[m.metric]
	text := fmt.Sprintf("%s\nmedian %s %s of %s", l.title(), m.format(s.Median), m.unit(), results.Count(len(s.Values), "trial"))
	if s.Range != nil {
		text += fmt.Sprintf("\n95 %%: %s to %s", m.format(s.Range.Low), m.format(s.Range.High))
	}
	if len(s.Values) > 1 {
		text += fmt.Sprintf("\nfrom %s to %s", m.format(stat.Min), m.format(stat.Max))
	}
	return text
}

// axisNote says where an axis does not begin at zero.
func axisNote(fromZero, log bool) string {
	switch {
	case log:
		return " The axis is logarithmic."
	case !fromZero:
		return " The axis does not begin at zero."
	}
	return ""
}

// stripLabel says a chart in words.
func stripLabel(m stripMetric, rows []chart.StripRow) string {
	const named = 6
	var parts []string
	for i, r := range rows {
		if i == named {
			parts = append(parts, fmt.Sprintf("and %d more, in the table", len(rows)-named))
			break
		}
		parts = append(parts, strings.TrimSpace(r.Heading+" "+r.Label)+" "+m.format(r.Median))
	}
	return fmt.Sprintf("Dots of all trials. Medians in %s: %s.", m.unit(), strings.Join(parts, "; "))
}
