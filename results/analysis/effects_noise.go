package analysis

import (
	"cmp"
	"math"
	"slices"
	"time"

	"tunbench/results"
)

// noise is the variance between rounds: what remains of samples when the means of their cells and rounds are taken out.
type noise struct {
	residuals []float64 // by sample
	squares   float64
	df        int // degrees of freedom; 0 if nothing can be said
}

// variance of one sample; 0 without degrees of freedom.
func (n noise) variance() float64 {
	if n.df == 0 {
		return 0
	}
	return n.squares / float64(n.df)
}

// Limits of the fit of cell and round means, which takes a single step where no trial is missing.
const (
	noiseSteps     = 1000
	noiseTolerance = 1e-12
)

// noiseOf fits means of cells and rounds by turns until they stand still, which is least squares also where trials are missing.
func noiseOf(samples []sample) noise {
	left := make([]float64, len(samples))
	for i, s := range samples {
		left[i] = s.log
	}
	var cells, rounds int
	for range noiseSteps {
		var moved, again float64
		cells, moved = center(left, func(i int) string { return samples[i].cell })
		rounds, again = center(left, func(i int) int { return samples[i].round })
		if math.Max(moved, again) < noiseTolerance {
			break
		}
	}
	n := noise{residuals: left, df: max(len(samples)-cells-rounds+1, 0)}
	for _, x := range left {
		n.squares += x * x
	}
	return n
}

// center takes the mean of its group out of every value. It returns how many groups there are, and the largest mean that was taken out.
func center[K comparable](values []float64, group func(i int) K) (groups int, moved float64) {
	sum, count := map[K]float64{}, map[K]float64{}
	for i, v := range values {
		sum[group(i)] += v
		count[group(i)]++
	}
	for i := range values {
		mean := sum[group(i)] / count[group(i)]
		values[i] -= mean
		moved = math.Max(moved, math.Abs(mean))
	}
	return len(sum), moved
}

// drift is the trend of what is left of the samples with the time since their round began; the mean of a round is taken out. ok is false for
// too few samples.
func (n noise) drift(m results.Metric, samples []sample) (d results.Drift, ok bool) {
	began := map[int]time.Time{}
	for _, s := range samples {
		if first, seen := began[s.round]; !seen || s.start.Before(first) {
			began[s.round] = s.start
		}
	}
	sinceRound := func(i int) time.Duration { return samples[i].start.Sub(began[samples[i].round]) }
	order := span(0, len(samples))
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(sinceRound(i), sinceRound(j)) })
	var trend Trend
	for _, i := range order {
		trend.Add(sinceRound(i), math.Exp(n.residuals[i]))
	}
	return trend.Drift(m)
}
