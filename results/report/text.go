package report

import (
	"fmt"
	"strings"
	"unicode"

	"tunbench/results"
	"tunbench/results/report/layout"
)

// briefLines is how much of a program's last words a table or report repeats; the records have the rest.
const briefLines = 4

// Brief puts the text of an error on one line that is safe to print: of a crash the message and its place, not the stacks of all goroutines.
func Brief(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = plain(line); line != "" {
			lines = append(lines, line)
		}
	}
	if left := len(lines) - briefLines; left > 1 {
		lines = append(lines[:briefLines], fmt.Sprintf("… %d more lines in the records", left))
	}
	return strings.Join(lines, " · ")
}

// trialsOf is a number of trials in words.
func trialsOf(n int) string {
	return results.Count(n, "trial")
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

// EscapeMarkdown keeps text from elsewhere on its line and from being read as markup, also in a cell of a table.
func EscapeMarkdown(text string) string {
	return strings.ReplaceAll(layout.EscapeMarkdown(plain(text)), "|", `\|`)
}

// countAre writes a number of things as the subject of a sentence: "1 trial is", "3 trials are".
func countAre(n int, thing string) string {
	if n == 1 {
		return results.Count(n, thing) + " is"
	}
	return results.Count(n, thing) + " are"
}
