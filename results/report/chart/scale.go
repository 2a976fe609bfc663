package chart

import (
	"math"
	"slices"
)

// Scale says how figures become places.
type Scale struct {
	Low, High float64
	Log       bool // Low is above zero then
}

// Format writes a figure for an axis or a label.
type Format func(float64) string

// Fit chooses a scale for figures that are no less than zero: a logarithmic one where they differ by more than spread would allow on a linear one, a linear
// one that begins at zero otherwise; but figures that lie close together have one of their own, so that their spread is seen.
func Fit(values []float64) Scale {
	const tooWide, close = 15, 1.6
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	if len(values) == 0 {
		return Scale{0, 1, false}
	}
	low, high := slices.Min(values), slices.Max(values)
	switch {
	case low == high && low == 0:
		return Scale{0, 1, false}
	case low > 0 && high/low > tooWide:
		return FitLog(values)
	case low > 0 && high/low < close:
		pad := max(high-low, 0.02*high) * 0.12
		return Scale{low - pad, high + pad, false}
	case low < 0:
		pad := (high - low) * 0.06
		return Scale{low - pad, high + pad, false}
	}
	return Scale{0, high * 1.05, false}
}

// FitLog is a logarithmic scale for the figures above zero.
func FitLog(values []float64) Scale {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !(v > 0) || math.IsInf(v, 0) })
	if len(values) == 0 {
		return Scale{1, 10, true}
	}
	low, high := slices.Min(values), slices.Max(values)
	pad := max(math.Pow(high/low, 0.05), 1.08)
	return Scale{low / pad, high * pad, true}
}

// FromZero says whether the scale begins at zero.
func (s Scale) FromZero() bool { return !s.Log && s.Low == 0 }

// at is the place of a figure between two ends. One outside of the scale lies at its end.
func (s Scale) at(v, from, to float64) float64 {
	low, high := s.Low, s.High
	if s.Log {
		v, low, high = math.Log(max(v, s.Low)), math.Log(low), math.Log(high)
	}
	share := 0.0
	if high > low {
		share = min(max((v-low)/(high-low), 0), 1)
	}
	return from + share*(to-from)
}

// mostTries is from how many figures on no more are tried to have two of them.
const mostTries = 12

// ticks are round figures of the scale, about as many as asked for.
func (s Scale) ticks(about int) []float64 {
	if s.Log {
		return s.logTicks(about)
	}
	if !(s.High > s.Low) || about < 1 {
		return nil
	}
	step := niceStep((s.High - s.Low) / float64(about))
	var out []float64
	for i := math.Ceil(s.Low/step - 1e-9); i*step <= s.High*(1+1e-12); i++ {
		out = append(out, i*step+0) // -0 becomes 0
	}
	if len(out) < 2 && about < mostTries { // a single figure does not say how long the axis is
		return s.ticks(about + 1)
	}
	return out
}

// niceStep is the next of 1, 2, 5 times a power of ten.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// logTicks are powers of ten, with 2 and 5 between them where these are few; every second or third power where they are many.
func (s Scale) logTicks(about int) []float64 {
	first, last := math.Floor(math.Log10(s.Low)), math.Ceil(math.Log10(s.High))
	all := func(step float64, factors ...float64) (out []float64) {
		for e := first; e <= last; e += step {
			for _, f := range factors {
				if v := f * math.Pow(10, e); v >= s.Low*(1-1e-9) && v <= s.High*(1+1e-9) {
					out = append(out, v)
				}
			}
		}
		return out
	}
	for _, choice := range []struct {
		step    float64
		factors []float64
	}{{1, []float64{1, 2, 3, 5, 7}}, {1, []float64{1, 2, 5}}, {1, []float64{1, 3}}, {1, []float64{1}}, {2, []float64{1}}} {
		if ticks := all(choice.step, choice.factors...); len(ticks) <= about {
			if len(ticks) < 2 {
				return Scale{s.Low, s.High, false}.ticks(about) // less than a step: as on a linear scale
			}
			return ticks
		}
	}
	return all(3, 1)
}
