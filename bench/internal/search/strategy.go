package search

import "math"

// A step away from a lost bound is this many times as long as the distance already
// covered, so that the distance grows fourfold each time.
const expansion = 3

// strategy chooses the next load for one stage of a goal, from bounds alone.
type strategy struct {
	min, max float64 // packets per second
	width    float64 // as Goal.Width
}

// done reports whether no further load is wanted: the bounds are near enough, or one
// cannot exist because the search may not go further.
func (s strategy) done(known bounds) bool {
	return known.width() <= s.width || known.upper <= s.min || known.lower >= s.max
}

// next returns the load to try, in packets per second, inside known bounds that are
// not done. Believed are the bounds found with less effort; those of their ends that
// known does not contradict are confirmed rather than searched for.
func (s strategy) next(known, believed bounds) float64 {
	aim := known.within(believed)
	switch {
	case aim.lower == 0 && aim.upper < known.upper:
		return aim.upper
	case math.IsInf(aim.upper, 1) && aim.lower > known.lower:
		return aim.lower
	case aim.lower == 0 || believed.lower >= known.upper:
		return max(s.below(known.upper, believed.upper), s.split(known))
	case math.IsInf(aim.upper, 1) || believed.upper <= known.lower:
		return min(s.above(known.lower, believed.lower), s.split(known))
	case aim.width() > s.width:
		return s.split(aim)
	case aim.lower > known.lower:
		return aim.lower
	}
	return aim.upper
}

// below returns a load below an upper bound that took the place of the believed
// interval whose far end is from.
func (s strategy) below(upper, from float64) float64 {
	load := upper * math.Exp(-s.step(from/upper))
	// Nearer to the limit than a width, only the limit itself is worth a trial.
	if load*(1-s.width) <= s.min {
		return s.min
	}
	return load
}

// above is below, upward.
func (s strategy) above(lower, from float64) float64 {
	load := lower * math.Exp(s.step(lower/from))
	if load >= s.max*(1-s.width) {
		return s.max
	}
	return load
}

// step is the length of a step on the logarithmic axis after covering a ratio of loads;
// one width where nothing was believed.
func (s strategy) step(covered float64) float64 {
	distance := math.Log(covered)
	if math.IsInf(distance, 0) {
		distance = 0
	}
	return expansion * max(distance, s.unit())
}

// split returns a load between two bounds: near their geometric mean, but so that one
// part is a power of two in widths and needs no more halvings than that. Between at
// most two widths it is the mean. A missing bound gives that bound.
func (s strategy) split(b bounds) float64 {
	if b.lower == 0 || math.IsInf(b.upper, 1) {
		return math.Sqrt(b.lower * b.upper)
	}
	widths := math.Log(b.upper/b.lower) / s.unit()
	if widths <= 2 {
		return math.Sqrt(b.lower * b.upper)
	}
	part := math.Exp2(math.Round(math.Log2(widths / 2)))
	return b.lower * math.Exp(part*s.unit())
}

// unit is the width on the logarithmic axis, shortened by less than any trial can tell
// so that rounding never leaves an interval just too wide.
func (s strategy) unit() float64 { return -math.Log1p(-s.width) * (1 - 1e-9) }
