package analysis

import (
	"math"
	"time"

	"github.com/montanaflynn/stats"

	"tunbench/results"
	"tunbench/results/stat"
)

// trendPoints bounds what a Trend keeps.
const trendPoints = 1024

// Trend gathers a figure over a time of any length in bounded memory: when it holds 1024 points it averages neighbours and goes on at half
// the resolution. Its zero value is empty and ready. It is for one goroutine.
type Trend struct {
	times, values []float64 // seconds and figures; each the mean of stride values
	stride        int
	pending       int // values in the sums, fewer than stride
	timeSum       float64
	valueSum      float64
	first, last   time.Duration // of the values added
}

// Add takes in a value and when it was measured, since any common origin and in ascending order. A value that is not finite is left out.
func (t *Trend) Add(at time.Duration, value float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	if t.stride == 0 {
		t.stride, t.first = 1, at
	}
	t.last = at
	t.timeSum += at.Seconds()
	t.valueSum += value
	if t.pending++; t.pending < t.stride {
		return
	}
	n := float64(t.stride)
	t.times, t.values = append(t.times, t.timeSum/n), append(t.values, t.valueSum/n)
	t.pending, t.timeSum, t.valueSum = 0, 0, 0
	if len(t.values) == trendPoints {
		t.halve()
	}
}

// halve averages each two neighbouring points.
func (t *Trend) halve() {
	half := len(t.values) / 2
	for i := range half {
		t.times[i] = (t.times[2*i] + t.times[2*i+1]) / 2
		t.values[i] = (t.values[2*i] + t.values[2*i+1]) / 2
	}
	t.times, t.values = t.times[:half], t.values[:half]
	t.stride *= 2
}

// minTrendPoints is the least number of points that say anything about a trend.
const minTrendPoints = 3

// Slope is the change per second, fitted by the Theil–Sen estimator ([stat.Slope]). ok is false for fewer than three points.
func (t *Trend) Slope() (perSecond float64, ok bool) {
	if len(t.values) < minTrendPoints {
		return 0, false
	}
	slope, err := stat.Slope(t.times, t.values)
	return slope, err == nil
}

// minForChance is the least number of points of which a soak says how likely their trend is by chance.
const minForChance = 10

// Drift describes the trend as that of a metric. ok is false for fewer than three points, and where the median is 0, to which no change is
// relative.
func (t *Trend) Drift(m results.Metric) (d results.Drift, ok bool) {
	slope, ok := t.Slope()
	if !ok {
		return results.Drift{}, false
	}
	median, err := stats.Median(t.values)
	if err != nil || median == 0 {
		return results.Drift{}, false
	}
	rho, p, err := stat.RankCorrelation(t.times, t.values)
	if err != nil {
		return results.Drift{}, false
	}
	d = results.Drift{
		Metric:          m,
		Median:          median,
		ChangeRatio:     slope * (t.last - t.first).Seconds() / math.Abs(median),
		RankCorrelation: rho,
	}
	if len(t.values) >= minForChance {
		d.PValue = &p
	}
	return d, true
}
