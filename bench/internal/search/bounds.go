package search

import "math"

// bounds is an interval of loads in packets per second. A lower of 0 and an upper of
// +Inf mean that there is none.
type bounds struct {
	lower, upper float64
}

// width is relative to the upper bound, as [Goal.Width]; NaN or 1 when an end is missing.
func (b bounds) width() float64 { return (b.upper - b.lower) / b.upper }

// within returns b narrowed by those ends of believed that lie inside it.
func (b bounds) within(believed bounds) bounds {
	n := b
	if believed.lower > b.lower && believed.lower < b.upper {
		n.lower = believed.lower
	}
	if believed.upper < b.upper && believed.upper > b.lower {
		n.upper = believed.upper
	}
	return n
}

// pointers returns both ends, nil where there is none.
func (b bounds) pointers() (lower, upper *float64) {
	if b.lower > 0 {
		lower = &b.lower
	}
	if !math.IsInf(b.upper, 1) {
		upper = &b.upper
	}
	return lower, upper
}
