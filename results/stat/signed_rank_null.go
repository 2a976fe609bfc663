package stat

import (
	"math"

	"github.com/montanaflynn/stats"
)

// exactSignedRanks is the largest number of values for which the distribution of the signed-rank sum is computed exactly. For more, the
// normal approximation is off by less than 0.0004 in a two-sided p-value.
const exactSignedRanks = 500

// signedRanks is the null distribution of the signed-rank statistic: the sum of those ranks whose value is positive, when each is so with
// probability one half, independently. Ranks are kept doubled, which makes mid-ranks whole.
type signedRanks struct {
	doubled []int // without those of values that are zero
	total   int   // their sum
}

// untiedSignedRanks has the ranks 1 to n.
func untiedSignedRanks(n int) signedRanks {
	d := signedRanks{make([]int, n), n * (n + 1)}
	for i := range d.doubled {
		d.doubled[i] = 2 * (i + 1)
	}
	return d
}

// lowerTail gives the probability of a doubled sum of at most s, which may be asked for s from 0 to limit.
func (d signedRanks) lowerTail(limit int) func(s int) float64 {
	if len(d.doubled) > exactSignedRanks {
		return d.normalTail
	}
	tails := d.exactTails(limit)
	return func(s int) float64 { return tails[s] }
}

// exactTails is the probability of a doubled sum of at most s, for each s up to limit.
func (d signedRanks) exactTails(limit int) []float64 {
	// p[s] is the probability of the sum s among the ranks seen so far; from the top down, each rank is taken in once.
	p := make([]float64, limit+1)
	p[0] = 1
	reached := 0
	for _, rank := range d.doubled {
		reached = min(reached+rank, limit)
		for s := reached; s >= rank; s-- {
			p[s] = (p[s] + p[s-rank]) / 2
		}
		for s := range min(rank, limit+1) {
			p[s] /= 2
		}
	}
	for s := 1; s <= limit; s++ {
		p[s] += p[s-1]
	}
	return p
}

// normalTail is the probability of a doubled sum of at most s by the normal approximation with continuity correction.
func (d signedRanks) normalTail(s int) float64 {
	var squares float64
	for _, rank := range d.doubled {
		squares += float64(rank) * float64(rank)
	}
	// Whole ranks lie two apart, hence the correction of one.
	return stats.NormCdf(float64(s)+1, float64(d.total)/2, math.Sqrt(squares)/2)
}
