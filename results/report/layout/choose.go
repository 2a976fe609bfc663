package layout

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// chooseColumns drops the columns in which no row has anything, then as many as the width demands. It returns the names of the latter.
func chooseColumns[R any](groups []Group[R], candidates []Column[R], width int) (chosen []Column[R], dropped []string) {
	rows := AllRows(groups)
	for i, c := range candidates {
		empty := func(r R) bool { return c.Cell(r) == Absent || c.Cell(r) == "" }
		if i == 0 || !All(rows, empty) {
			chosen = append(chosen, c)
		}
	}
	for width > 0 && tableWidth(groups, chosen) > width {
		least := leastKept(chosen)
		if least < 0 {
			break
		}
		dropped = append(dropped, strings.Join(strings.Fields(chosen[least].Header), " "))
		chosen = slices.Delete(chosen, least, least+1)
	}
	return chosen, dropped
}

// leastKept is the index of the column to drop next, -1 if all must stay.
func leastKept[R any](columns []Column[R]) int {
	least := -1
	for i, c := range columns {
		if c.Keep > 0 && (least < 0 || c.Keep < columns[least].Keep) {
			least = i
		}
	}
	return least
}

// tableWidth is the width of the longest line, the gap after its last column included.
func tableWidth[R any](groups []Group[R], columns []Column[R]) int {
	total := 0
	for i, c := range columns {
		widest := text.LongestLineLen(c.Header)
		for _, g := range groups {
			indent := ""
			if i == 0 {
				indent = g.indent()
			}
			for _, r := range g.Rows {
				widest = max(widest, text.StringWidth(indent+c.Cell(r)))
			}
		}
		total += widest + len(Gap)
	}
	return total
}
