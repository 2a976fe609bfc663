package scenario

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// product is all rows of some numbers of levels.
func product(levels ...int) [][]int {
	rows := [][]int{nil}
	for _, n := range levels {
		var longer [][]int
		for _, row := range rows {
			for level := range n {
				longer = append(longer, append(row[:len(row):len(row)], level))
			}
		}
		rows = longer
	}
	return rows
}

// TestPairwise: every pair that occurs in some row occurs in a chosen one, and the rows are few. The least sizes possible are the rank of the
// additive model, and those of Colbourn's tables of covering arrays of strength two.
func TestPairwise(t *testing.T) {
	without := func(rows [][]int, unwanted func([]int) bool) [][]int {
		var left [][]int
		for _, row := range rows {
			if !unwanted(row) {
				left = append(left, row)
			}
		}
		return left
	}
	for _, test := range []struct {
		name        string
		rows        [][]int
		least, most int
	}{
		{"nothing", nil, 0, 0},
		{"one column", product(3), 3, 3},
		{"two columns are a cross product", product(3, 4), 12, 12},
		{"2^3", product(2, 2, 2), 4, 4},
		{"2^4", product(2, 2, 2, 2), 5, 7},
		{"2^10", product(2, 2, 2, 2, 2, 2, 2, 2, 2, 2), 11, 14},
		{"3^4", product(3, 3, 3, 3), 9, 15},
		{"4^5", product(4, 4, 4, 4, 4), 16, 28},
		{"mixed", product(5, 4, 3, 2, 2, 2), 20, 24},
		{"a combination is missing", without(product(2, 2, 2, 2), func(r []int) bool { return r[0] == 1 && r[1] == 1 }), 5, 6},
		{"a column that applies to some rows only", [][]int{{0, 0}, {0, 1}, {1, notApplied}}, 3, 3},
		{"a row that nothing applies to but one level", append(product(2, 2, 2), []int{2, notApplied, notApplied}), 5, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			chosen := pairwise(test.rows)
			if len(chosen) < test.least || len(chosen) > test.most {
				t.Errorf("%d of %d rows, want %d to %d", len(chosen), len(test.rows), test.least, test.most)
			}
			if got, want := rank(test.rows, chosen), rank(test.rows, everyIndex(test.rows)); got != want {
				t.Errorf("the effects have rank %d, want %d", got, want)
			}
			picked := [][]int{}
			for _, i := range chosen {
				picked = append(picked, test.rows[i])
			}
			if diff := cmp.Diff(met(test.rows), met(picked)); diff != "" {
				t.Errorf("pairs (-in all rows +in the chosen):\n%s", diff)
			}
		})
	}
}

func everyIndex(rows [][]int) []int {
	indices := make([]int, len(rows))
	for i := range indices {
		indices[i] = i
	}
	return indices
}

// rank of the additive model in some rows.
func rank(rows [][]int, indices []int) int {
	first := firstColumns(rows)
	var b basis
	for _, i := range indices {
		b.add(indicators(rows[i], first))
	}
	return len(b.vectors)
}

// TestRank: of a full design it is one for the mean and one less than there are levels for every column.
func TestRank(t *testing.T) {
	for _, levels := range [][]int{{2}, {2, 2}, {3, 4}, {2, 2, 2, 2}, {5, 4, 3, 2}} {
		want := 1
		for _, n := range levels {
			want += n - 1
		}
		rows := product(levels...)
		if got := rank(rows, everyIndex(rows)); got != want {
			t.Errorf("rank of %v is %d, want %d", levels, got, want)
		}
	}
	// Six rows of a 2^4 design that have all pairs: the first two columns change with the last two only.
	hidden := [][]int{{0, 0, 0, 0}, {1, 0, 1, 0}, {1, 0, 0, 1}, {0, 1, 0, 1}, {1, 1, 1, 1}, {0, 1, 1, 0}}
	if got := rank(hidden, everyIndex(hidden)); got != 4 {
		t.Errorf("rank %d where one effect is hidden, want 4", got)
	}
}

// met lists the pairs of rows, in the slow and obvious way.
func met(rows [][]int) map[string]bool {
	pairs := map[string]bool{}
	for _, row := range rows {
		for a, level1 := range row {
			for b, level2 := range row {
				if level1 != notApplied && level2 != notApplied {
					pairs[fmt.Sprint(a, level1, b, level2)] = true
				}
			}
		}
	}
	return pairs
}
