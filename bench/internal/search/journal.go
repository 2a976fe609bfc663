package search

import (
	"math"
	"slices"
)

// journal holds all trials of a search by load.
type journal struct {
	loads  []float64 // ascending
	trials map[float64][]Trial
}

func newJournal() *journal { return &journal{trials: map[float64][]Trial{}} }

func (j *journal) add(t Trial) {
	if i, found := slices.BinarySearch(j.loads, t.Load); !found {
		j.loads = slices.Insert(j.loads, i, t.Load)
	}
	j.trials[t.Load] = append(j.trials[t.Load], t)
}

// bounds returns the relevant bounds of a goal: the smallest load that is an upper
// bound, and the largest lower bound below it (RFC 9971, sections 4.8.1 and 4.8.2).
// Where loss is inverted, lower bounds above an upper bound are thus flukes. Without
// an upper bound the lower one is the "effective" one of section 4.8.4.2.
func (j *journal) bounds(g Goal) bounds {
	b := bounds{lower: 0, upper: math.Inf(1)}
	for _, load := range j.loads {
		switch classify(g, j.trials[load]) {
		case upperBound:
			b.upper = load
			return b
		case lowerBound:
			b.lower = load
		}
	}
	return b
}
