package layout

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Options says how a page may look.
type Options struct {
	Color    bool // ANSI escape sequences are welcome
	Width    int  // columns of the terminal; 0 is no limit
	Markdown bool // GitHub's, instead of text for a terminal; the others do not apply then
}

// paint colors text, line by line; text.Reset leaves it as it is.
func (o Options) paint(s string, color text.Color) string {
	if !o.Color || s == "" || color == text.Reset {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = text.Escape(line, color.EscapeSeq())
	}
	return strings.Join(lines, "\n")
}

// wrap breaks a line at words to fit the width; the lines after the first are indented.
func (o Options) wrap(line, indent string) string {
	if o.Width <= len(indent) {
		return line
	}
	var lines []string
	current := ""
	for word := range strings.FieldsSeq(line) {
		switch {
		case current == "":
			current = word
		case text.StringWidth(current)+1+text.StringWidth(word) > o.Width:
			lines = append(lines, current)
			current = indent + word
		default:
			current += " " + word
		}
	}
	return strings.Join(append(lines, current), "\n")
}
