package results

import (
	"fmt"
	"math"
	"time"

	"github.com/montanaflynn/stats"
)

// What a drift must be to deserve a warning: large enough to matter, steady, and hardly chance. Neighbouring intervals resemble one another,
// which makes chance look smaller than it is; hence all three.
const (
	minChange = 0.05
	minTrend  = 0.5
	maxChance = 0.01
)

// Warning says in words that the metric drifted, "" if it did not.
func (d Drift) Warning() string {
	if !d.notable() {
		return ""
	}
	verb := "rose"
	if d.ChangeRatio < 0 {
		verb = "fell"
	}
	return fmt.Sprintf("%s %s by %s %% over the soak (rank correlation with time %.2f)",
		d.Metric, verb, percent(math.Abs(d.ChangeRatio)), d.RankCorrelation)
}

// notable says whether the drift is large, steady, and hardly chance.
func (d Drift) notable() bool {
	return math.Abs(d.ChangeRatio) >= minChange && math.Abs(d.RankCorrelation) >= minTrend && d.PValue != nil && *d.PValue <= maxChance
}

// What growth of memory looks like a leak: more than the noise of an allocator, and a good part of what was there.
const (
	minGrowthBytes = 4 << 20
	minGrowthRatio = 0.1
)

// Warning says in words that the process may leak memory after so long a time, "" if it does not look so. What grows once, as a heap does
// that fills its first arenas, is no slope.
func (m Memory) Warning(watched time.Duration) string {
	growth := m.GrowthBytesPerHour * watched.Hours()
	if growth < minGrowthBytes || growth < minGrowthRatio*float64(m.FirstBytes) || m.LastBytes <= m.FirstBytes {
		return ""
	}
	return fmt.Sprintf("the %s's memory grew from %sB to %sB, %sB an hour: a leak?",
		m.Process, scaled(float64(m.FirstBytes)), scaled(float64(m.LastBytes)), scaled(m.GrowthBytesPerHour))
}

// rankCorrelation is Spearman's, ties ranked by their mean: from -1 to 1, 0 where either side is constant.
func rankCorrelation(x, y []float64) float64 {
	rho, err := stats.Spearman(x, y)
	if err != nil {
		return 0 // too few, or constant: no trend
	}
	return min(max(rho, -1), 1)
}

// minForChance is the least number of values for which the normal approximation is fit to use.
const minForChance = 10

// chance is the two-sided probability of a rank correlation at least as strong where there is none, absent for too few values: under that
// hypothesis its variance is 1/(n-1), with ties too.
func chance(rho float64, n int) *float64 {
	if n < minForChance {
		return nil
	}
	return new(2 * stats.NormSf(math.Abs(rho)*math.Sqrt(float64(n-1)), 0, 1))
}

// medianSlope is the Theil–Sen estimator: the median of the slopes between all pairs of points that differ in x. It costs time and memory in
// the square of their number. ok is false if there is no such pair.
func medianSlope(x, y []float64) (slope float64, ok bool) {
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := range i {
			if x[i] != x[j] {
				slopes = append(slopes, (y[i]-y[j])/(x[i]-x[j]))
			}
		}
	}
	slope, err := stats.Median(slopes)
	return slope, err == nil
}
