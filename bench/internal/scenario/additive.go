package scenario

import "math"

// additive adds to chosen rows, which it is given by their indices, as many as it takes to tell the effects of all columns apart wherever all
// rows together can: rows that have all pairs may still change two columns only ever together with two others.
func additive(rows [][]int, chosen []int) []int {
	first := firstColumns(rows)
	var b basis
	for _, i := range chosen {
		b.add(indicators(rows[i], first))
	}
	for i, row := range rows {
		if b.add(indicators(row, first)) {
			chosen = append(chosen, i)
		}
	}
	return chosen
}

// firstColumns is where the indicators of each column's levels begin, and at its end how many there are. The first is that of the mean.
func firstColumns(rows [][]int) []int {
	if len(rows) == 0 {
		return nil
	}
	first := make([]int, len(rows[0])+1)
	first[0] = 1
	for column := range rows[0] {
		levels := 0
		for _, row := range rows {
			levels = max(levels, row[column]+1)
		}
		first[column+1] = first[column] + levels
	}
	return first
}

// indicators is a row of the additive model: 1 for the mean and for each level that it has.
func indicators(row, first []int) []float64 {
	vector := make([]float64, first[len(row)])
	vector[0] = 1
	for column, level := range row {
		if level != notApplied {
			vector[first[column]+level] = 1
		}
	}
	return vector
}

// basis is linearly independent vectors, each with a 1 where all later ones have a 0.
type basis struct {
	vectors [][]float64
	pivots  []int
}

// add takes in a vector if it is independent of those before it, and says whether it is. It changes the vector.
func (b *basis) add(vector []float64) bool {
	for i, v := range b.vectors {
		if factor := vector[b.pivots[i]]; factor != 0 {
			for j := range vector {
				vector[j] -= factor * v[j]
			}
		}
	}
	pivot := 0
	for j, x := range vector {
		if math.Abs(x) > math.Abs(vector[pivot]) {
			pivot = j
		}
	}
	scale := vector[pivot]
	if math.Abs(scale) < 1e-9 {
		return false
	}
	for j := range vector {
		vector[j] /= scale
	}
	b.vectors, b.pivots = append(b.vectors, vector), append(b.pivots, pivot)
	return true
}
