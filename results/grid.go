package results

import "slices"

// gap separates columns.
const gap = "  "

// column is one column of a table whose rows are of type R.
type column[R any] struct {
	header string // one line per word row, joined by newlines
	left   bool   // text, not numbers
	keep   int    // where the width is short, columns with the least go first; 0 is never dropped
	cell   func(R) string
}

// group is rows that stand together below a heading, which may be empty.
type group[R any] struct {
	heading string
	rows    []R
}

// indent sets rows off from the heading of their group.
func (g group[R]) indent() string {
	if g.heading == "" {
		return ""
	}
	return gap
}

// allRows is the rows of all groups.
func allRows[R any](groups []group[R]) []R {
	var rows []R
	for _, g := range groups {
		rows = append(rows, g.rows...)
	}
	return rows
}

// all says whether something holds for every row.
func all[R any](rows []R, holds func(R) bool) bool {
	return !slices.ContainsFunc(rows, func(r R) bool { return !holds(r) })
}
