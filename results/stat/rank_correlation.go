package stat

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/montanaflynn/stats"
)

const (
	// minForTrend is the least number of values that say anything about a trend.
	minForTrend = 3
	// exactCorrelation is the largest number of pairs whose permutations are all counted.
	exactCorrelation = 9
)

// RankTrend is how steadily a series rises or falls: the [RankCorrelation] of its values with their position.
func RankTrend(x []float64) (rho, p float64, err error) {
	positions := make([]float64, len(x))
	for i := range positions {
		positions[i] = float64(i)
	}
	return RankCorrelation(positions, x)
}

// RankCorrelation is Spearman's, of at least three pairs: 1 where y always grows with x, -1 where it always falls, 0 where either is constant;
// equal values share the mean of their ranks. p is the two-sided probability of a correlation at least as strong where there is none, which
// takes the pairs to be independent of one another. Up to nine pairs it counts all permutations; beyond, it is normal with variance 1/(n-1),
// which calls a strong correlation more likely than it is, not less.
//
// Spearman (1904), The proof and measurement of association between two things.
func RankCorrelation(x, y []float64) (rho, p float64, err error) {
	if err := checkPairs(x, y, minForTrend); err != nil {
		return 0, 0, err
	}
	xRanks, err := doubledRanks(x)
	if err != nil {
		return 0, 0, err
	}
	yRanks, err := doubledRanks(y)
	if err != nil {
		return 0, 0, err
	}
	rho, err = stats.Spearman(x, y)
	if err != nil {
		return 0, 1, nil // constant: no trend
	}
	rho = min(max(rho, -1), 1)
	if len(x) <= exactCorrelation {
		return rho, permutedRanks(xRanks, yRanks), nil
	}
	return rho, 2 * stats.NormSf(math.Abs(rho)*math.Sqrt(float64(len(x)-1)), 0, 1), nil
}

// doubledRanks is twice the ranks of values, which makes mid-ranks whole.
func doubledRanks(x []float64) ([]int, error) {
	ranks, err := stats.Rank(x)
	if err != nil {
		return nil, fmt.Errorf("rank values: %w", err)
	}
	doubled := make([]int, len(ranks))
	for i, r := range ranks {
		doubled[i] = int(2 * r)
	}
	return doubled, nil
}

// permutedRanks is the share of all permutations of y whose sum of products with x is at least as far from its mean as that of x and y.
func permutedRanks(x, y []int) float64 {
	n := len(x)
	mean := n * (n + 1) * (n + 1) // doubled ranks sum up to n(n+1), ties or not
	observed, largest := 0, 0
	for i := range x {
		observed += x[i] * y[i]
		largest += 4 * (i + 1) * (i + 1)
	}
	// ways[set][s]: in how many orders the values of y in the set, put to the first of x, give the sum s.
	ways := make([][]int, 1<<n)
	for set := range ways {
		ways[set] = make([]int, largest+1)
	}
	ways[0][0] = 1
	for set := range ways[:len(ways)-1] {
		next := x[bits.OnesCount(uint(set))]
		for s, w := range ways[set] {
			if w == 0 {
				continue
			}
			for j := range n {
				if set&(1<<j) == 0 {
					ways[set|1<<j][s+next*y[j]] += w
				}
			}
		}
	}
	far, all := 0, 0
	for s, w := range ways[len(ways)-1] {
		all += w
		if abs(s-mean) >= abs(observed-mean) {
			far += w
		}
	}
	return float64(far) / float64(all)
}

func abs(i int) int { return max(i, -i) }
