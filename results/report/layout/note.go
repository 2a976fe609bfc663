package layout

import (
	"slices"
	"strings"
)

// Note is a sentence of a legend about some columns.
type Note struct {
	Headers []string // of the columns; empty: about the whole table
	Text    string
}

// Explained joins the notes about columns that are shown.
func Explained[R any](columns []Column[R], notes []Note) string {
	shown := func(header string) bool {
		return slices.ContainsFunc(columns, func(c Column[R]) bool { return c.Header == header })
	}
	var parts []string
	for _, n := range notes {
		if len(n.Headers) == 0 || slices.ContainsFunc(n.Headers, shown) {
			parts = append(parts, n.Text)
		}
	}
	return strings.Join(parts, " ")
}
