package report

import (
	"math"
	"strconv"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// significant writes a number with three significant digits, without an exponent.
func significant(v float64) string { return significantTo(v, 3) }

// significantTo writes a number with some significant digits, and at most as many behind the point.
func significantTo(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	// The digits before the point are counted after rounding: 9.996 is 10.0.
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	if err != nil {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	before := int(math.Floor(math.Log10(math.Abs(rounded)))) + 1
	return strconv.FormatFloat(rounded, 'f', min(max(digits-before, 0), digits), 64)
}

// quotient writes a ratio with three significant digits, however small it is.
func quotient(v float64) string {
	if math.Abs(v) < 0.1 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return significant(v)
}

// scaled writes a number with an SI prefix: "1.35 M".
func scaled(v float64) string { return scaledTo(v, 3) }

// scaledFine has a digit more, for bounds that lie close together.
func scaledFine(v float64) string { return scaledTo(v, 4) }

func scaledTo(v float64, digits int) string {
	for _, prefix := range []struct {
		letter string
		factor float64
	}{{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		// What would round up to 1000 takes the next prefix.
		if math.Abs(v) >= prefix.factor*(1-0.5*math.Pow10(-digits)) {
			return significantTo(v/prefix.factor, digits) + " " + prefix.letter
		}
	}
	return significantTo(v, digits)
}

// micros writes nanoseconds as microseconds.
func micros(ns float64) string { return significant(ns / 1e3) }

// percent writes a share in percent. One that is not zero never looks like it.
func percent(share float64) string {
	if share < 0 {
		return "-" + percent(-share)
	}
	p := 100 * share
	switch {
	case p == 0:
		return "0"
	case p < 0.01:
		return "<0.01"
	case p < 9.995:
		return strconv.FormatFloat(p, 'f', 2, 64)
	}
	return strconv.FormatFloat(p, 'f', 1, 64)
}

// signed writes a number with its sign, also where it is above zero.
func signed(v float64, format func(float64) string) string {
	if v > 0 {
		return "+" + format(v)
	}
	return format(v)
}

// probability writes a p value.
func probability(p float64) string {
	if p < 0.001 {
		return "<0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// spread writes half the range in percent of the median: "±2%". A single value has none.
func spread(s analysis.Stat) string {
	if s.N < 2 || s.Median == 0 {
		return ""
	}
	p := 100 * s.HalfRange() / math.Abs(s.Median)
	if p > 0 && p < 1 {
		return "±<1%"
	}
	return "±" + strconv.FormatFloat(p, 'f', 0, 64) + "%"
}

// cellOf shows a figure that may be absent.
func cellOf(v *float64, format func(float64) string) string {
	if v == nil {
		return layout.Absent
	}
	return format(*v)
}

// microsOf shows one figure of a distribution that may be absent.
func microsOf(d *results.Distribution, of func(*results.Distribution) int64) string {
	if d == nil {
		return layout.Absent
	}
	return micros(float64(of(d)))
}

// Percentiles of a distribution, for columns.
func p50(d *results.Distribution) int64   { return d.P50 }
func p90(d *results.Distribution) int64   { return d.P90 }
func p99(d *results.Distribution) int64   { return d.P99 }
func p999(d *results.Distribution) int64  { return d.P999 }
func p9999(d *results.Distribution) int64 { return d.P9999 }
func most(d *results.Distribution) int64  { return d.Max }

// whole writes a number of packets to the last digit.
func whole(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
