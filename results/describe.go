package results

import "strings"

// Change is the ratio of a comparison in words: "4.80 % less".
func Change(c Comparison) string {
	if c.Rounds == 0 {
		return "no ratio"
	}
	return change(c.Ratio)
}

// ChangeInterval is from where to where the ratio of a comparison may be, in words: "6.10 % less to 3.52 % less".
func ChangeInterval(c Comparison) string {
	if c.Rounds == 0 {
		return absent
	}
	return change(c.Low) + " to " + change(c.High)
}

// Recorded is comparisons as a result file keeps them: what is odd about them in words.
func Recorded(comparisons []ArmComparison) []Comparison {
	records := make([]Comparison, len(comparisons))
	for i, c := range comparisons {
		records[i] = c.Comparison
		records[i].Warnings = Sentences(c.Odd)
	}
	return records
}

// SeriesSentences says what is odd about one series: its comparisons, as they are recorded, and the trials they are made of.
func SeriesSentences(comparisons []Comparison, trials []Trial) []string {
	return append(comparisonWarnings(comparisons), Sentences(SeriesWarnings(trials))...)
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
