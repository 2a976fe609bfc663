package results

import "strings"

// Label is the metric in the words of a table, with the unit that [Metric.Format] writes: "latency p50 µs". A metric that is not compared is
// its own label.
func (m Metric) Label() string { return labelOf(m) }

// Format writes a figure of the metric in the unit of its label.
func (m Metric) Format(value float64) string {
	if f, ok := figureOf(m); ok {
		return f.format(value)
	}
	return significant(value)
}

// Change is the ratio in words: "4.80 % less".
func (c Comparison) Change() string {
	if c.Rounds == 0 {
		return "no ratio"
	}
	return change(c.Ratio)
}

// Interval is from where to where the ratio may be, in words: "6.10 % less to 3.52 % less".
func (c Comparison) Interval() string {
	if c.Rounds == 0 {
		return absent
	}
	return change(c.Low) + " to " + change(c.High)
}

// Summary is the machine and the program in one line.
func (h Host) Summary() string { return fingerprint(h) }

// SeriesWarnings says in words what is odd about one series: its comparisons and the trials they are made of.
func SeriesWarnings(comparisons []Comparison, trials []Trial) []string {
	return append(comparisonWarnings(comparisons), armsWarnings(trials)...)
}

// ScenarioTitles names scenarios by what sets each off from the others, and says what they share. A scenario that stands alone has no title:
// shared is its name.
func ScenarioTitles(scenarios []string) (titles, shared []string) {
	s := nameSubjects(scenarios)
	for _, name := range scenarios {
		titles = append(titles, s.titles[name])
	}
	return titles, s.shared
}

// EscapeMarkdown keeps text from elsewhere on its line and from being read as markup, also in a cell of a table.
func EscapeMarkdown(text string) string {
	return strings.ReplaceAll(escapeMarkdown(plain(text)), "|", `\|`)
}
