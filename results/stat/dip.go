package stat

import "sort"

// step is a distinct value of a sample and where the empirical distribution jumps there, in values.
type step struct{ x, below, upTo float64 }

// stepsOf is the empirical distribution of ascending values, moved and scaled to lie from 0 to 1.
func stepsOf(sorted []float64) []step {
	first, span := sorted[0], sorted[len(sorted)-1]-sorted[0]
	var steps []step
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			at := 0.0
			if span > 0 {
				at = (v - first) / span
			}
			steps = append(steps, step{x: at, below: float64(i)})
		}
		steps[len(steps)-1].upTo = float64(i + 1)
	}
	return steps
}

// dip is Hartigan's statistic of ascending values: the largest distance between their empirical distribution and the unimodal one nearest to
// it, between 1/(2n) and 1/4. The unimodal distribution may have an atom at its mode.
//
// Hartigan and Hartigan (1985), The dip test of unimodality, section 4: the modal interval shrinks until what unimodality takes within it,
// fitting a convex function from below and a concave one from above, is no more than what it took outside.
func dip(sorted []float64) float64 {
	steps := stepsOf(sorted)
	twice := 1.0 // the dip so far, doubled, in values
	for len(steps) > 1 {
		minorant := hull(steps, func(s step) float64 { return s.below }, 1)
		majorant := hull(steps, func(s step) float64 { return s.upTo }, -1)
		first, last, distance := widestGap(steps, minorant, majorant)
		if distance <= twice {
			break
		}
		for i := range first {
			twice = max(twice, steps[i].upTo-minorant.at[i])
		}
		for i := last + 1; i < len(steps); i++ {
			twice = max(twice, majorant.at[i]-steps[i].below)
		}
		steps = steps[first : last+1]
	}
	return twice / float64(2*len(sorted))
}

// curve is a piecewise linear function: its value at every step, and the steps at which it touches the distribution.
type curve struct {
	at       []float64
	contacts []int
}

// hull is the greatest convex function below the points (sign 1) or the least concave one above them (sign -1).
func hull(steps []step, height func(step) float64, sign float64) curve {
	var contacts []int
	for i, s := range steps {
		for len(contacts) > 1 {
			a, b := steps[contacts[len(contacts)-2]], steps[contacts[len(contacts)-1]]
			if turn := (height(b)-height(a))*(s.x-b.x) - (height(s)-height(b))*(b.x-a.x); sign*turn < 0 {
				break
			}
			contacts = contacts[:len(contacts)-1]
		}
		contacts = append(contacts, i)
	}
	at := make([]float64, len(steps))
	for c, to := range contacts {
		at[to] = height(steps[to])
		if c == 0 {
			continue
		}
		from := contacts[c-1]
		slope := (at[to] - at[from]) / (steps[to].x - steps[from].x)
		for i := from + 1; i < to; i++ {
			at[i] = at[from] + slope*(steps[i].x-steps[from].x)
		}
	}
	return curve{at, contacts}
}

// widestGap finds the contact of either curve at which they are farthest apart, and the next modal interval: from the last contact of the
// minorant to the first of the majorant around it.
func widestGap(steps []step, minorant, majorant curve) (first, last int, distance float64) {
	for _, g := range minorant.contacts {
		if d := majorant.at[g] - minorant.at[g]; d > distance {
			next := sort.SearchInts(majorant.contacts, g)
			first, last, distance = g, majorant.contacts[next], d
		}
	}
	for _, l := range majorant.contacts {
		if d := majorant.at[l] - minorant.at[l]; d > distance {
			next := sort.SearchInts(minorant.contacts, l+1)
			first, last, distance = minorant.contacts[next-1], l, d
		}
	}
	return first, last, distance
}
