package stat

import (
	"cmp"
	"slices"
)

// Holm adjusts p-values of several tests, in their order, so that all of them together reject a true hypothesis no more often than the level
// at which the adjusted ones are judged. They are at most 1 and rank as before. What is not a probability counts as 1.
//
// Holm (1979), A simple sequentially rejective multiple test procedure.
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	order := make([]int, len(p))
	for i, v := range p {
		order[i] = i
		adjusted[i] = 1
		if v >= 0 && v <= 1 {
			adjusted[i] = v
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(adjusted[i], adjusted[j]) })
	var least float64 // what smaller ones were raised to
	for rank, i := range order {
		least = max(least, adjusted[i]*float64(len(p)-rank))
		adjusted[i] = min(least, 1)
	}
	return adjusted
}
