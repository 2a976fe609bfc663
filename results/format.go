package results

import (
	"math"
	"strconv"
)

// absent stands in a cell to which nothing applies.
const absent = "–"

// significant writes a number with three significant digits, without an exponent.
func significant(v float64) string {
	if v == 0 {
		return "0"
	}
	// The digits before the point are counted after rounding: 9.996 is 10.0.
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	if err != nil {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	before := int(math.Floor(math.Log10(math.Abs(rounded)))) + 1
	return strconv.FormatFloat(rounded, 'f', min(max(3-before, 0), 3), 64)
}

// scaled writes a number with an SI prefix: "1.35 M".
func scaled(v float64) string {
	for _, prefix := range []struct {
		letter string
		factor float64
	}{{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		// 999.5 rounds up to the next prefix.
		if math.Abs(v) >= prefix.factor*0.9995 {
			return significant(v/prefix.factor) + " " + prefix.letter
		}
	}
	return significant(v)
}

// micros writes nanoseconds as microseconds.
func micros(ns float64) string { return significant(ns / 1e3) }

// percent writes a share in percent. One that is not zero never looks like it.
func percent(share float64) string {
	p := 100 * share
	switch {
	case p == 0:
		return "0"
	case p > 0 && p < 0.01:
		return "<0.01"
	case p < 9.995:
		return strconv.FormatFloat(p, 'f', 2, 64)
	}
	return strconv.FormatFloat(p, 'f', 1, 64)
}

// spread writes half the range in percent of the median: "±2%". A single value has none.
func spread(s Stat) string {
	if s.N < 2 || s.Median == 0 {
		return ""
	}
	p := 100 * s.HalfRange() / math.Abs(s.Median)
	if p > 0 && p < 1 {
		return "±<1%"
	}
	return "±" + strconv.FormatFloat(p, 'f', 0, 64) + "%"
}
