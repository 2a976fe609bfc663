package results

import (
	"slices"
	"strings"
)

// note is a sentence about columns.
type note struct {
	headers []string // of the columns; none: it is about the whole table
	text    string
}

// explained is the notes about columns that are shown: what is not there needs no words.
func explained[R any](columns []column[R], notes []note) string {
	shown := func(header string) bool {
		return slices.ContainsFunc(columns, func(c column[R]) bool { return c.header == header })
	}
	var parts []string
	for _, n := range notes {
		if len(n.headers) == 0 || slices.ContainsFunc(n.headers, shown) {
			parts = append(parts, n.text)
		}
	}
	return strings.Join(parts, " ")
}
