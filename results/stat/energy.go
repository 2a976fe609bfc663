package stat

import "math"

// energy answers how unlike two neighbouring stretches of a series are, from sums of distances between its values that it keeps: memory and time to
// make it grow with the square of their number, an answer takes a constant time.
type energy struct {
	values int
	sums   []float64 // of |x[i]-x[j]| over i < row, j < column; row by row, one row and column more than values
}

func newEnergy(x []float64) *energy {
	e := &energy{values: len(x), sums: make([]float64, (len(x)+1)*(len(x)+1))}
	e.set(x)
	return e
}

// set takes in another series of the same length.
//
// The race detector looks past this and what is below: plain arithmetic on memory of one goroutine, which it would make ten times slower.
//
//go:norace
func (e *energy) set(x []float64) {
	width := e.values + 1
	for i, a := range x {
		var sum float64
		above, row := e.sums[i*width:(i+1)*width], e.sums[(i+1)*width:(i+2)*width]
		for j, b := range x {
			sum += math.Abs(a - b)
			row[j+1] = above[j+1] + sum
		}
	}
}

// distances is the sum of the distances from x[a:b] to x[c:d].
//
//go:norace
func (e *energy) distances(a, b, c, d int) float64 {
	width := e.values + 1
	return e.sums[b*width+d] - e.sums[a*width+d] - e.sums[b*width+c] + e.sums[a*width+c]
}

// divergence is how unlike x[from:at] and x[at:to] are, each of at least two values: the statistic Q̂ of Matteson and James, equations 5 and 6, for α = 1.
//
//go:norace
func (e *energy) divergence(from, at, to int) float64 {
	m, n := float64(at-from), float64(to-at)
	between := 2 / (m * n) * e.distances(from, at, at, to)
	left := e.distances(from, at, from, at) / (m * (m - 1)) // the sum has each pair twice
	right := e.distances(at, to, at, to) / (n * (n - 1))
	return m * n / (m + n) * (between - left - right)
}

// split is the place in x[from:to] whose two sides are most unlike, each of at least least values. The second side need not reach to the end, so that a level
// that comes and goes is found as well. There is none where the stretch is too short: ok is false.
//
//go:norace
func (e *energy) split(from, to, least int) (at int, divergence float64, ok bool) {
	divergence = math.Inf(-1)
	for i := from + least; i <= to-least; i++ {
		for end := i + least; end <= to; end++ {
			if d := e.divergence(from, i, end); d > divergence {
				at, divergence, ok = i, d, true
			}
		}
	}
	return at, divergence, ok
}

// boundary is the place in x[from:to] whose two sides, taken whole, are most unlike. The stretch has at least 2*least values.
func (e *energy) boundary(from, to, least int) int {
	at, divergence := from+least, math.Inf(-1)
	for i := from + least; i <= to-least; i++ {
		if d := e.divergence(from, i, to); d > divergence {
			at, divergence = i, d
		}
	}
	return at
}
