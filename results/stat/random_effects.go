package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Study is what one machine says of a figure, from values that no other machine had a part in.
type Study struct {
	Value    float64
	Variance float64 // of Value, not of the values behind it; at least 0
	Freedom  int     // of the variance: one less than the values behind it
}

// Pooled is what several studies say together, if each has a true value of its own, drawn from a normal distribution (random effects).
// Everything is in the unit of the values.
type Pooled struct {
	Interval              // of the mean of all such machines, those that were not measured included
	Predicted   *Interval // where the true value of one more machine is expected; nil for fewer than 3 studies
	Tau         float64   // standard deviation of the true values between machines, by Paule and Mandel
	TauLow      float64   // its interval by Q-profiling, of the same confidence
	TauHigh     float64
	Q           float64 // Cochran's sum of squares around the mean with weights by variance
	Unexplained float64 // I²: the share of Q beyond what the variances explain, 0 to 1
}

// RandomEffects takes at least two studies together. The estimator of Paule and Mandel makes the studies' weighted sum of squares around their mean as large as it
// should be; the interval is that of Hartung and Knapp, never narrower than the weights say. With two or three studies it is very wide, because that is how
// little they tell of others.
//
// Paule, Mandel (1982), Consensus values and weighting factors. Knapp, Hartung (2003), Improved tests for a random effects meta-regression. Röver, Knapp,
// Friede (2015), Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects meta-analysis with few studies. Viechtbauer (2007), Confidence
// intervals for the amount of heterogeneity in meta-analysis. Higgins, Thompson, Spiegelhalter (2009), A re-evaluation of random-effects meta-analysis.
func RandomEffects(studies []Study, confidence float64) (Pooled, error) {
	if err := checkStudies(studies); err != nil {
		return Pooled{}, err
	}
	if err := checkLevel(confidence); err != nil {
		return Pooled{}, err
	}
	s := scale(studies)
	k := len(studies)
	chi := distuv.ChiSquared{K: float64(k - 1)}
	outside := 1 - confidence
	square := s.solve(float64(k - 1))
	mean, total, _ := s.around(square)
	p := Pooled{
		Tau: s.unit * math.Sqrt(square), TauLow: s.unit * math.Sqrt(s.solve(chi.Quantile(1-outside/2))), TauHigh: s.unit * math.Sqrt(s.solve(chi.Quantile(outside/2))),
	}
	_, _, p.Q = s.around(0)
	if p.Q > 0 {
		p.Unexplained = max(0, 1-float64(k-1)/p.Q)
	}
	variance := 1 / total
	p.Interval = s.interval(mean, StudentQuantile(outside, k-1)*math.Sqrt(variance), confidence)
	if k > 2 {
		further := s.interval(mean, StudentQuantile(outside, k-2)*math.Sqrt(square+variance), confidence)
		p.Predicted = &further
	}
	return p, nil
}

// likeDraws is how many made-up sets of studies Heterogeneity sets the studies against, likeHits after how many that lie as far apart it ends before.
const (
	likeDraws = 4999
	likeHits  = 100
)

// Heterogeneity is the probability of studies that lie at least as far apart where all have the same true value. Cochran's Q is set against sets of studies that
// have one true value, and variances as uncertain as those of the studies are: the parametric bootstrap. Against the χ² distribution, which takes the variances for
// known, and in Welch's analysis of variance with many machines of few rounds, Q finds differences that are not there. The same studies and seed give the same answer.
//
// Krishnamoorthy, Lu, Mathew (2007), A parametric bootstrap approach for ANOVA with unequal variances.
func Heterogeneity(studies []Study, seed uint64) (p float64, err error) {
	if err := checkStudies(studies); err != nil {
		return 0, err
	}
	s := scale(studies)
	_, _, observed := s.around(0)
	random := rand.New(rand.NewPCG(seed, uint64(len(studies))))
	like := scaled{values: make([]float64, len(studies)), variances: make([]float64, len(studies))}
	hits := 0
	for n := 1; n <= likeDraws; n++ {
		for i, study := range studies {
			like.values[i] = random.NormFloat64() * math.Sqrt(s.variances[i])
			like.variances[i] = s.variances[i] * distuv.ChiSquared{K: float64(study.Freedom), Src: random}.Rand() / float64(study.Freedom)
		}
		if _, _, q := like.around(0); q < observed {
			continue
		}
		if hits++; hits == likeHits {
			return float64(hits) / float64(n), nil
		}
	}
	return float64(hits+1) / (likeDraws + 1), nil
}

func checkStudies(studies []Study) error {
	values, variances := make([]float64, len(studies)), make([]float64, len(studies))
	for i, s := range studies {
		values[i], variances[i] = s.Value, s.Variance
		if s.Freedom < 1 || s.Variance < 0 {
			return fmt.Errorf("%w: study %d has a variance of %v with %d degrees of freedom", ErrTooFew, i+1, s.Variance, s.Freedom)
		}
	}
	return checkPairs(values, variances, 2)
}

// scaled is studies in a unit of their own, about their first, so that no square of theirs is too large or too small.
type scaled struct {
	origin, unit      float64
	values, variances []float64
}

// leastVariance stands for a variance of nothing, in units of scaled: a million millionth of the distance between values.
const leastVariance = 1e-24

func scale(studies []Study) scaled {
	s := scaled{origin: studies[0].Value}
	for _, study := range studies {
		s.unit = max(s.unit, math.Abs(study.Value-s.origin), math.Sqrt(study.Variance))
	}
	unit := s.unit
	if unit == 0 {
		unit = 1 // all studies are the same
	}
	for _, study := range studies {
		s.values = append(s.values, (study.Value-s.origin)/unit)
		s.variances = append(s.variances, max(study.Variance/unit/unit, leastVariance))
	}
	return s
}

// around is the mean with weights by variance where the true values have a variance of square themselves, the sum of the weights, and the
// weighted sum of squares around the mean.
func (s scaled) around(square float64) (mean, total, q float64) {
	for i, v := range s.values {
		weight := 1 / (s.variances[i] + square)
		total += weight
		mean += weight * v
	}
	mean /= total
	for i, v := range s.values {
		q += (v - mean) * (v - mean) / (s.variances[i] + square)
	}
	return mean, total, q
}

// solve is the variance of the true values for which the sum of squares is q, 0 where it is less without any.
func (s scaled) solve(q float64) float64 {
	excess := func(square float64) float64 {
		_, _, sum := s.around(square)
		return sum - q
	}
	if excess(0) <= 0 {
		return 0
	}
	low, high := 0.0, slices.Max(s.variances)
	for excess(high) > 0 {
		low, high = high, 2*high
	}
	for range 200 {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			break
		}
		if excess(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// interval is one around a mean, in the studies' own unit.
func (s scaled) interval(mean, half, confidence float64) Interval {
	return Interval{Center: s.origin + s.unit*mean, Low: s.origin + s.unit*(mean-half), High: s.origin + s.unit*(mean+half), Confidence: confidence}
}
