package layout

import "slices"

// Gap separates columns.
const Gap = "  "

// Absent stands in a cell to which nothing applies.
const Absent = "–"

// Column is one column of a table whose rows are of type R.
type Column[R any] struct {
	Header string // one line per word row, joined by newlines
	Left   bool   // aligned left, as text is
	Keep   int    // where the width is short, columns with the least go first; 0 is never dropped
	Cell   func(R) string
}

// Group is rows that stand together below a heading, which may be empty.
type Group[R any] struct {
	Heading string
	Rows    []R
}

// indent sets rows off from the heading of their group.
func (g Group[R]) indent() string {
	if g.Heading == "" {
		return ""
	}
	return Gap
}

// AllRows is the rows of all groups.
func AllRows[R any](groups []Group[R]) []R {
	var rows []R
	for _, g := range groups {
		rows = append(rows, g.Rows...)
	}
	return rows
}

// All says whether something holds for every row.
func All[R any](rows []R, holds func(R) bool) bool {
	return !slices.ContainsFunc(rows, func(r R) bool { return !holds(r) })
}
