package scenario

import "slices"

// pairwise chooses rows so that every two levels of any two columns that meet in some row meet in a chosen one, and so that the effects of all
// columns can be told apart. It returns their indices, ascending. A level is 0 or more; notApplied meets nothing.
//
// It is the greedy cover: always the row with most pairs not yet met, the first of equals, until none is left; then rows that later ones made
// superfluous are taken out again. A cover of least size is hard to find (NP-hard); this one exceeds it by a factor of ln n at most
// (Chvátal, Mathematics of Operations Research 4(3), 1979), n being the pairs of a row.
func pairwise(rows [][]int) []int {
	pairs, count := pairsOf(rows)
	met := make([]int, count) // how many chosen rows have a pair
	var chosen []int
	for {
		best, most := -1, 0
		for i := range rows {
			if n := countFunc(pairs[i], func(p int) bool { return met[p] == 0 }); n > most {
				best, most = i, n
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, best)
		for _, p := range pairs[best] {
			met[p]++
		}
	}
	chosen = slices.DeleteFunc(chosen, func(i int) bool {
		superfluous := !slices.ContainsFunc(pairs[i], func(p int) bool { return met[p] == 1 })
		if superfluous {
			for _, p := range pairs[i] {
				met[p]--
			}
		}
		return superfluous
	})
	chosen = additive(rows, chosen)
	slices.Sort(chosen)
	return chosen
}

// pairsOf numbers the pairs of levels in each row, a level with itself among them.
func pairsOf(rows [][]int) (pairs [][]int, count int) {
	type pair struct{ column1, level1, column2, level2 int }
	numbers := map[pair]int{}
	pairs = make([][]int, len(rows))
	number := func(p pair) int {
		n, ok := numbers[p]
		if !ok {
			n = len(numbers)
			numbers[p] = n
		}
		return n
	}
	for i, row := range rows {
		for a := range row {
			if row[a] == notApplied {
				continue
			}
			// It may be the only one in a row that applies.
			pairs[i] = append(pairs[i], number(pair{a, row[a], a, row[a]}))
			for b := range a {
				if row[b] != notApplied {
					pairs[i] = append(pairs[i], number(pair{b, row[b], a, row[a]}))
				}
			}
		}
	}
	return pairs, len(numbers)
}

func countFunc[E any](items []E, holds func(E) bool) int {
	n := 0
	for _, item := range items {
		if holds(item) {
			n++
		}
	}
	return n
}
