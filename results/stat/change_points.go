package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/montanaflynn/stats"
)

const (
	// leastLevel is the least number of values that make a level of a series. A change can be told after so many of them.
	leastLevel = 3
	// reorders is how often a stretch is put in another order for one test.
	reorders = 499
	// maxResemblance keeps the whitening of a series that hardly moves from dividing by zero.
	maxResemblance = 0.95
)

// ChangePoint is where a series begins to be unlike what was before.
type ChangePoint struct {
	At     int     // index of the first value of the new level
	PValue float64 // probability of two sides as unlike as these, if nothing changed between the change points beside it; at least 1/500
}

// ChangePoints finds the places at which the distribution of a series changes, in ascending order: E-Divisive. The place whose sides are most unlike is a
// change if it is significant, then each side is searched in the same way. In the end each change is tested once more between its neighbours, the
// least significant is dropped, and so on until all hold; each is moved to where the levels beside it are told apart best.
//
// Values that resemble the one before them, as figures of one machine do, look like levels. So the test does not shuffle the values but what is new in each: it takes
// the share of the value before away that the series' autocorrelation says (changes taken out first, its small-sample bias corrected), shuffles the rest, and puts the share
// back. For values that do not resemble each other that is the permutation test. A simulation in the tests shows the rate of false alarms.
//
// It takes six values to find one change, and a dozen for one that is not glaring. The same values give the same answer. The cost grows with the square of the
// number of values, times five hundred.
//
// Matteson and James (2014), A nonparametric approach for multiple change point analysis of multivariate data; Fleming and others (2023), Hunter, for the second look at
// changes that were found first.
func ChangePoints(x []float64, significance float64) ([]ChangePoint, error) {
	if !(significance >= levelMargin && significance <= 1-levelMargin) {
		return nil, fmt.Errorf("%w: significance %v", ErrLevel, significance)
	}
	if err := checkValues(x, 2*leastLevel); err != nil {
		return nil, err
	}
	s := &changeSearch{values: x, energy: newEnergy(x), significance: significance, random: rand.New(rand.NewPCG(fold(x), 1))}
	s.divide(0, len(x))
	return s.confirm(), nil
}

// changeSearch is one search for change points.
type changeSearch struct {
	values       []float64
	energy       *energy
	significance float64
	random       *rand.Rand
	changes      []int // found so far, ascending
}

// divide finds the changes within x[from:to].
func (s *changeSearch) divide(from, to int) {
	at, _, ok := s.energy.split(from, to, leastLevel)
	if !ok || s.chance(from, at, to) > s.significance {
		return
	}
	i, _ := slices.BinarySearch(s.changes, at)
	s.changes = slices.Insert(s.changes, i, at)
	s.divide(from, at)
	s.divide(at, to)
}

// confirm moves each change to the boundary between the levels beside it, and drops those that do not hold against them.
func (s *changeSearch) confirm() []ChangePoint {
	for {
		points := make([]ChangePoint, len(s.changes))
		worst := -1
		for i := range s.changes {
			from, to := s.beside(i)
			s.changes[i] = s.energy.boundary(from, to, leastLevel)
			points[i] = ChangePoint{s.changes[i], s.chance(from, s.changes[i], to)}
			if points[i].PValue > s.significance && (worst < 0 || points[i].PValue > points[worst].PValue) {
				worst = i
			}
		}
		if worst < 0 {
			return points
		}
		s.changes = slices.Delete(s.changes, worst, worst+1)
	}
}

// beside is where the level before a change begins, and where the one behind it ends.
func (s *changeSearch) beside(i int) (from, to int) {
	to = len(s.values)
	if i > 0 {
		from = s.changes[i-1]
	}
	if i+1 < len(s.changes) {
		to = s.changes[i+1]
	}
	return from, to
}

// chance is the probability that a stretch without a change has a split as unlike as the best one of x[from:to]. at is that split, whose two levels
// are taken out before the resemblance of neighbours is told. It stops early, with a large answer, once the split cannot be significant.
func (s *changeSearch) chance(from, at, to int) float64 {
	_, observed, _ := s.energy.split(from, to, leastLevel)
	stretch := s.values[from:to]
	resemblance := s.resemblance(at)
	news := whiten(stretch, resemblance)
	made := make([]float64, len(stretch))
	null := newEnergy(stretch)
	enough := int(s.significance*(reorders+1)) + 1
	asUnlike := 0
	for round := range reorders {
		s.random.Shuffle(len(news), func(i, j int) { news[i], news[j] = news[j], news[i] })
		color(made, news, resemblance)
		null.set(made)
		if _, d, _ := null.split(0, len(made), leastLevel); atLeast(d, observed) {
			if asUnlike++; asUnlike >= 2*enough {
				return float64(asUnlike+1) / float64(round+2)
			}
		}
	}
	return float64(asUnlike+1) / (reorders + 1)
}

// resemblance is how much of a value is in the one behind it, 0 to 1: the smaller of two estimates. The first is the autocorrelation once the levels are taken out,
// those of the changes found so far and of one more; changes that are still to be found make it too large. The second looks at steps between neighbours and hardly
// sees changes, but is less exact.
func (s *changeSearch) resemblance(at int) float64 {
	return min(max(min(s.resemblanceOfLevels(at), s.resemblanceOfSteps()), 0), maxResemblance)
}

// resemblanceOfLevels is the autocorrelation at lag 1 about the levels. Estimates from n values are too small by (1+3r)/n, and by as much again since
// the levels were fitted (Kendall 1954; Marriott and Pope 1954).
func (s *changeSearch) resemblanceOfLevels(at int) float64 {
	ends := append(slices.Clone(s.changes), at, len(s.values))
	slices.Sort(ends)
	var rest []float64
	begin := 0
	for _, end := range ends {
		level := s.values[begin:end]
		mean, err := stats.Mean(level)
		if err != nil {
			continue // no values: the change is known already
		}
		for _, v := range level {
			rest = append(rest, v-mean)
		}
		begin = end
	}
	var products, squares float64
	for i, v := range rest {
		squares += v * v
		if i > 0 {
			products += v * rest[i-1]
		}
	}
	if squares == 0 {
		return 0
	}
	r := products / squares
	return r + (2+4*r)/float64(len(rest))
}

// resemblanceOfSteps follows from the steps to the next value and to the next but one: in a first-order autoregression the squares of the second are 1+r times those of
// the first. The largest fifth is left out, in which the changes are. An estimate from n values scatters by some 1.3/√n, which is added: only what is clearly too
// large shall be cut.
func (s *changeSearch) resemblanceOfSteps() float64 {
	one, two := s.meanSquareOfSteps(1), s.meanSquareOfSteps(2)
	if one == 0 {
		return 0
	}
	return two/one - 1 + 1.3/math.Sqrt(float64(len(s.values)))
}

func (s *changeSearch) meanSquareOfSteps(lag int) (mean float64) {
	var squares []float64
	for i := lag; i < len(s.values); i++ {
		step := s.values[i] - s.values[i-lag]
		squares = append(squares, step*step)
	}
	slices.Sort(squares)
	kept := squares[:(len(squares)*4+4)/5]
	for _, v := range kept {
		mean += v / float64(len(kept))
	}
	return mean
}

// whiten is what is new in each value beside a share of the one before it, about the mean. All have the same spread if the share is that of an autoregression.
func whiten(x []float64, share float64) []float64 {
	mean, err := stats.Mean(x)
	if err != nil {
		return nil // no values
	}
	news := make([]float64, len(x))
	news[0] = (x[0] - mean) * math.Sqrt(1-share*share)
	for i := 1; i < len(x); i++ {
		news[i] = x[i] - mean - share*(x[i-1]-mean)
	}
	return news
}

// color is the inverse of whiten, but for the mean.
func color(x, news []float64, share float64) {
	x[0] = news[0] / math.Sqrt(1-share*share)
	for i := 1; i < len(x); i++ {
		x[i] = share*x[i-1] + news[i]
	}
}
