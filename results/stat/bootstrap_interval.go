package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/montanaflynn/stats"
)

const (
	// resamples is how often the bootstrap draws the series anew.
	resamples = 2000
	// minForBootstrap is the least number of values whose resamples differ enough for the bootstrap to stand on its own.
	minForBootstrap = 10
)

// BootstrapInterval is an interval of the Hodges–Lehmann centre that does not take the values to be symmetric about it: the bias-corrected and
// accelerated bootstrap (BCa), its normal quantiles widened to those of Student's t for the small-sample variance, without which it is too
// narrow below twenty values. Below ten it is never narrower than [SignedRankInterval], and like that it needs at least six values for 95 %.
//
// The same values and seed give the same interval. The confidence is that asked for, which a simulation in the tests shows to be reached. The
// cost grows with the square of the number of values: some 100 ms for 200.
//
// Efron (1987), Better bootstrap confidence intervals; Hesterberg (2015), What teachers should know about the bootstrap, section 3.4.
func BootstrapInterval(x []float64, confidence float64, seed uint64) (Interval, error) {
	exact, err := SignedRankInterval(x, confidence)
	if err != nil {
		return Interval{}, err
	}
	averages := walshAverages(x)
	centers := resampledCenters(averages, len(x), rand.New(rand.NewPCG(seed, 0)))
	low, high := bcaEnds(centers, exact.Center, acceleration(averages, len(x)), expandedQuantile(confidence, len(x)))
	if len(x) < minForBootstrap {
		low, high = min(low, exact.Low), max(high, exact.High)
	}
	return Interval{exact.Center, low, high, confidence}, nil
}

// resampledCenters is the Hodges–Lehmann centres of resamples of n values, in ascending order.
func resampledCenters(averages []walshAverage, n int, random *rand.Rand) []float64 {
	centers := make([]float64, resamples)
	times := make([]int, n)
	for i := range centers {
		clear(times)
		for range n {
			times[random.IntN(n)]++
		}
		centers[i] = resampledCenter(averages, times, n)
	}
	slices.Sort(centers)
	return centers
}

// resampledCenter is the median of the Walsh averages of a series of n values that has each original value so many times: the order of the
// averages is that of the originals, only their weights differ.
func resampledCenter(averages []walshAverage, times []int, n int) float64 {
	total := n * (n + 1) / 2
	seen := 0
	var lower float64
	half := false // lower is the smaller of the two in the middle
	for _, a := range averages {
		weight := times[a.i] * times[a.j]
		if a.i == a.j {
			weight = times[a.i] * (times[a.i] + 1) / 2
		}
		if weight == 0 {
			continue
		}
		if half {
			return (lower + a.value) / 2
		}
		seen += weight
		if 2*seen > total {
			return a.value
		}
		lower, half = a.value, 2*seen == total
	}
	return lower
}

// acceleration is how fast the standard error of the centre changes with it, from the centres that leave one value out each.
func acceleration(averages []walshAverage, n int) float64 {
	times := slices.Repeat([]int{1}, n)
	centers := make([]float64, n)
	var mean float64
	for i := range centers {
		times[i] = 0
		centers[i] = resampledCenter(averages, times, n-1)
		times[i] = 1
		mean += centers[i] / float64(n)
	}
	scale := max(slices.Max(centers)-mean, mean-slices.Min(centers))
	if scale == 0 {
		return 0
	}
	var squares, cubes float64
	for _, c := range centers {
		d := (mean - c) / scale
		squares += d * d
		cubes += d * d * d
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// expandedQuantile is the normal quantile of an interval whose standard error was taken over n, not n-1, and estimated.
func expandedQuantile(confidence float64, n int) float64 {
	return StudentQuantile(1-confidence, n-1) * math.Sqrt(float64(n)/float64(n-1))
}

// bcaEnds picks the ends of an interval from sorted centres, for z standard errors on either side.
func bcaEnds(centers []float64, center, acceleration, z float64) (low, high float64) {
	n := float64(len(centers))
	below := sort.SearchFloat64s(centers, center)
	upTo := sort.Search(len(centers), func(i int) bool { return centers[i] > center })
	// Half of those that equal the centre count as below it; the rest keeps the share off 0 and 1.
	bias := stats.NormPpf((float64(below+upTo)/2+0.5)/(n+1), 0, 1)
	rank := func(z float64) float64 {
		return (n + 1) * stats.NormCdf(bias+(bias+z)/max(1-acceleration*(bias+z), 1e-9), 0, 1)
	}
	at := func(rank float64) float64 { return centers[min(max(int(rank), 1), len(centers))-1] }
	return at(math.Floor(rank(-z))), at(math.Ceil(rank(z)))
}
