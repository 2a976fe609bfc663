package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Groups is how much a property goes with a figure, by a permutation test.
type Groups struct {
	P     float64 // probability of groups that lie at least as far apart where the property has nothing to do with the figure
	Least float64 // the smallest P that groups of these sizes can give, however far apart they lie
	Share float64 // of the weighted sum of squares around the mean, what lies between the groups: 0 to 1; where there are strata, around their means
}

const (
	// everyArrangement is up to how many ways to hand out a property are all gone through; of more, drawn are drawn at random.
	everyArrangement = 5000
	drawn            = 1999
	// enoughHits is after how many ways that lie as far apart the drawing ends: P is no small one then (Besag, Clifford 1991, Sequential Monte Carlo p-values).
	enoughHits = 40
)

// GroupDifference tests whether the values of machines differ between groups of them: it hands the groups out again in every other way, or in many. group
// numbers the group of each value, stratum likewise, or is nil: then groups are handed out only among values of the same stratum, whose mean is taken
// off first, so that what the strata explain is not counted for the groups. weights are above zero.
//
// The test takes nothing for granted but that a value and its weight could have been those of any machine of the stratum. Where there is a single
// group, or one for each value, it is 1.
//
// Pitman (1937), Significance tests which may be applied to samples from any populations.
func GroupDifference(values, weights []float64, group, stratum []int, seed uint64) (Groups, error) {
	if err := checkPairs(values, weights, 2); err != nil {
		return Groups{}, err
	}
	if stratum == nil {
		stratum = make([]int, len(values))
	}
	if len(group) != len(values) || len(stratum) != len(values) {
		return Groups{}, fmt.Errorf("%w: %d values, %d groups, %d strata", ErrUnpaired, len(values), len(group), len(stratum))
	}
	for i, w := range weights {
		if !(w > 0) {
			return Groups{}, fmt.Errorf("%w: weight %d is %v", ErrNotFinite, i+1, w)
		}
	}
	h := newHandout(values, weights, group, stratum)
	all := h.arrangements()
	observed := h.apart()
	share := 0.0
	if square := h.square(); square > 0 {
		share = min(observed/square, 1)
	}
	if all < 2 {
		return Groups{P: 1, Least: 1, Share: share}, nil
	}
	observed *= 1 - 1e-9 // other ways count as far apart as this one also where rounding says that they are a little nearer
	least := h.alike() / all
	if all <= everyArrangement {
		for _, part := range h.strata {
			slices.Sort(h.groups[part[0]:part[1]])
		}
		hits := 0
		for more := true; more; more = h.next() {
			if h.apart() >= observed {
				hits++
			}
		}
		return Groups{P: float64(hits) / all, Least: least, Share: share}, nil
	}
	least = max(least, 1.0/(drawn+1))
	random := rand.New(rand.NewPCG(seed, uint64(len(values))))
	hits := 0
	for n := 1; n <= drawn; n++ {
		h.shuffle(random)
		if h.apart() < observed {
			continue
		}
		if hits++; hits == enoughHits {
			return Groups{P: float64(hits) / float64(n), Least: least, Share: share}, nil
		}
	}
	return Groups{P: float64(hits+1) / (drawn + 1), Least: least, Share: share}, nil
}

// handout is values, stratum by stratum, and the group that each is given at the moment.
type handout struct {
	strata          [][2]int  // the first place of each stratum, and that behind its last
	values, weights []float64 // in the order of strata, whose means are taken off
	groups          []int     // from 0
	count           int       // of groups
	sums, totals    []float64 // by group, of apart
}

func newHandout(values, weights []float64, group, stratum []int) *handout {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return stratum[i] - stratum[j] })
	h := &handout{}
	numbers := map[int]int{}
	for i, place := range order {
		if i == 0 || stratum[place] != stratum[order[i-1]] {
			h.strata = append(h.strata, [2]int{i, i})
		}
		h.strata[len(h.strata)-1][1]++
		number, known := numbers[group[place]]
		if !known {
			number = len(numbers)
			numbers[group[place]] = number
		}
		h.values, h.weights, h.groups = append(h.values, values[place]), append(h.weights, weights[place]), append(h.groups, number)
	}
	h.count = len(numbers)
	h.sums, h.totals = make([]float64, h.count), make([]float64, h.count)
	divide(h.weights)
	divide(h.values)
	for _, part := range h.strata {
		h.centre(part[0], part[1])
	}
	return h
}

// divide makes the largest magnitude one, so that squares stay finite.
func divide(x []float64) {
	unit := 0.0
	for _, v := range x {
		unit = max(unit, math.Abs(v))
	}
	for i := range x {
		if unit > 0 {
			x[i] /= unit
		}
	}
}

// centre takes the mean off the values of a stratum.
func (h *handout) centre(low, high int) {
	sum, total := 0.0, 0.0
	for i := low; i < high; i++ {
		sum, total = sum+h.weights[i]*h.values[i], total+h.weights[i]
	}
	for i := low; i < high; i++ {
		h.values[i] -= sum / total
	}
}

// apart is the weighted sum of squares between the groups.
func (h *handout) apart() float64 {
	clear(h.sums)
	clear(h.totals)
	for i, g := range h.groups {
		h.sums[g] += h.weights[i] * h.values[i]
		h.totals[g] += h.weights[i]
	}
	between := 0.0
	for g, sum := range h.sums {
		between += sum * sum / h.totals[g]
	}
	return between
}

// square is the weighted sum of squares around the strata's means.
func (h *handout) square() (sum float64) {
	for i, v := range h.values {
		sum += h.weights[i] * v * v
	}
	return sum
}

// arrangements is the number of unlike ways to hand the groups out, up to far more than can be gone through.
func (h *handout) arrangements() float64 {
	logarithm := 0.0
	for _, part := range h.strata {
		logarithm += logFactorial(part[1] - part[0])
		for _, n := range h.sizes(part[0], part[1]) {
			logarithm -= logFactorial(n)
		}
	}
	if logarithm > 40 {
		return math.Exp(40)
	}
	return math.Round(math.Exp(logarithm))
}

// alike is how many of these ways are the same but for the names of the groups, where there are no strata: groups of one size can change places.
func (h *handout) alike() float64 {
	if len(h.strata) > 1 {
		return 1
	}
	sizes := map[int]int{}
	for _, n := range h.sizes(0, len(h.groups)) {
		sizes[n]++
	}
	logarithm := 0.0
	for _, n := range sizes {
		logarithm += logFactorial(n)
	}
	return math.Round(math.Exp(min(logarithm, 40)))
}

// sizes is how many values each group has among some places.
func (h *handout) sizes(low, high int) []int {
	sizes := make([]int, h.count)
	for _, g := range h.groups[low:high] {
		sizes[g]++
	}
	return sizes
}

func logFactorial(n int) float64 {
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}

// next goes to the next way, as an odometer of the strata does; false when it is back at the first.
func (h *handout) next() bool {
	for _, part := range h.strata {
		if nextPermutation(h.groups[part[0]:part[1]]) {
			return true
		}
	}
	return false
}

// shuffle goes to a way at random.
func (h *handout) shuffle(random *rand.Rand) {
	for _, part := range h.strata {
		some := h.groups[part[0]:part[1]]
		random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	}
}

// nextPermutation makes the next larger order of some numbers; the largest becomes the smallest, and the answer is false.
func nextPermutation(x []int) bool {
	i := len(x) - 2
	for i >= 0 && x[i] >= x[i+1] {
		i--
	}
	if i < 0 {
		slices.Reverse(x)
		return false
	}
	j := len(x) - 1
	for x[j] <= x[i] {
		j--
	}
	x[i], x[j] = x[j], x[i]
	slices.Reverse(x[i+1:])
	return true
}
