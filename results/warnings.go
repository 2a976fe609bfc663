package results

import (
	"slices"
	"strings"
	"unicode"
)

// rowsWarnings gathers those of every row of the table of trials.
func rowsWarnings(trials []Trial, groups []group[row]) []string {
	var out []string
	for _, r := range allRows(groups) {
		of := slices.DeleteFunc(slices.Clone(trials), func(t Trial) bool { return t.Scenario != r.Scenario || t.Arm != r.Arm })
		out = append(out, prefixed(r.title()+": ", Sentences(TrialWarnings(of)))...)
	}
	return out
}

func trialsOf(n int) string {
	return Count(n, "trial")
}

// plain makes text from elsewhere fit for one line of a terminal: no line breaks, no escape sequences.
func plain(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}

func prefixed(prefix string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = prefix + line
	}
	return out
}

// failure is an error as a warning, none if there is no error.
func failure(text string) []string {
	if text == "" {
		return nil
	}
	return []string{"failed: " + Brief(text)}
}

// plainAll makes texts from elsewhere fit for a terminal.
func plainAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = plain(text)
	}
	return out
}
