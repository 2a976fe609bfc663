package stat

import "gonum.org/v1/gonum/stat/distuv"

// StudentQuantile is the t of Student's distribution, with at least one degree of freedom, beyond which lies the probability outside, above 0
// and at most 1, on both sides together.
func StudentQuantile(outside float64, freedom int) float64 {
	return -distuv.StudentsT{Sigma: 1, Nu: float64(freedom)}.Quantile(outside / 2)
}
