package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// hartigan is the example of Hartigan and Hartigan (1985), section 7: 63 figures of the quality of university departments.
var hartigan = []float64{
	30, 33, 35, 36, 37, 37, 39, 39, 39, 39, 39, 40, 40, 40, 40, 41, 42, 43, 43, 43, 44, 44, 45, 45, 46,
	46, 47, 47, 48, 48, 48, 49, 50, 50, 51, 52, 52, 53, 53, 53, 53, 53, 54, 54, 57, 57, 59, 60, 60, 60,
	61, 61, 61, 61, 62, 62, 62, 62, 63, 66, 70, 72, 72,
}

func TestDip(t *testing.T) {
	tests := []struct {
		name   string
		sorted []float64
		want   float64
	}{
		{"published as 0.059", hartigan, 7.5 / 126},
		{"evenly spaced", []float64{1, 2, 3, 4, 5}, 1.0 / 10},
		{"one value", []float64{3}, 1.0 / 2},
		{"constant", []float64{3, 3, 3, 3}, 1.0 / 8},
		{"two atoms are as far as one can be", []float64{0, 0, 7, 7}, 1.0 / 4},
		{"an atom is a mode", []float64{1, 2, 2, 2, 2, 2, 2, 3}, 1.0 / 16},
		// Nothing but the jump of 2 on either side of the mode counts: half of 2 in 8.
		{"two small atoms beside it", []float64{1, 1, 2, 2, 2, 2, 3, 3}, 1.0 / 8},
	}
	for _, test := range tests {
		if got := dip(test.sorted); !near(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestDipByDefinition: the shrinking modal interval finds what a search over all modes and distances finds.
func TestDipByDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	draws := map[string]func() float64{
		"uniform": random.Float64,
		"ties":    func() float64 { return float64(random.IntN(6)) },
		"bimodal": func() float64 { return math.Round(random.NormFloat64()*3) + 8*float64(random.IntN(2)) },
		"skewed":  func() float64 { return math.Pow(random.ExpFloat64(), 3) },
	}
	for name, draw := range draws {
		for range 400 {
			x := make([]float64, 2+random.IntN(14))
			for i := range x {
				x[i] = draw()
			}
			slices.Sort(x)
			if got, want := dip(x), dipByDefinition(x); math.Abs(got-want) > 1e-8 {
				t.Fatalf("%s: dip of %v is %v, want %v", name, x, got, want)
			}
		}
	}
}

// dipByDefinition searches for the smallest distance within which there is a unimodal distribution. It is convex up to its mode and concave
// from there on, so in the band that the distance leaves around the empirical distribution no lower bound may lie above a chord of upper
// bounds on the left, nor an upper bound below a chord of lower bounds on the right, and the one must end no higher than the other begins.
func dipByDefinition(sorted []float64) float64 {
	steps := stepsOf(sorted)
	n := float64(len(sorted))
	low, high := 1/(2*n), 0.5
	if unimodalWithin(steps, n, low) {
		return low
	}
	for range 50 {
		if middle := (low + high) / 2; unimodalWithin(steps, n, middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// unimodalWithin says whether any step can be the mode of a distribution at most d away.
func unimodalWithin(steps []step, n, d float64) bool {
	d = d*n + 1e-9 // in values
	mirrored := make([]step, len(steps))
	for i, s := range steps {
		mirrored[len(steps)-1-i] = step{1 - s.x, n - s.upTo, n - s.below}
	}
	for mode := range steps {
		left, leftOK := convexEnd(steps[:mode+1], d)
		right, rightOK := convexEnd(mirrored[:len(steps)-mode], d)
		if leftOK && rightOK && left <= n-right {
			return true
		}
	}
	return false
}

// convexEnd is the least value at the last step of a convex function within d of the steps before it, if there is one.
func convexEnd(steps []step, d float64) (end float64, ok bool) {
	last := len(steps) - 1
	x := steps[last].x
	for j := range last {
		end = max(end, steps[j].upTo-d)
		for i := range j {
			slope := (steps[j].upTo - steps[i].below - 2*d) / (steps[j].x - steps[i].x)
			end = max(end, steps[j].upTo-d+slope*(x-steps[j].x))
			for k := j + 1; k < last; k++ {
				chord := steps[i].below + (steps[k].below-steps[i].below)*(steps[j].x-steps[i].x)/(steps[k].x-steps[i].x)
				if steps[j].upTo-d > chord+d {
					return 0, false
				}
			}
		}
		if steps[j].upTo-d > steps[j].below+d {
			return 0, false
		}
	}
	return end, end <= steps[last].below+d
}
