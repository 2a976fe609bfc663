package results

import "strconv"

// cellOf shows a figure that may be absent.
func cellOf(v *float64, format func(float64) string) string {
	if v == nil {
		return absent
	}
	return format(*v)
}

// microsOf shows one figure of a distribution that may be absent.
func microsOf(d *Distribution, of func(*Distribution) int64) string {
	if d == nil {
		return absent
	}
	return micros(float64(of(d)))
}

// Percentiles of a distribution, for columns.
func p50(d *Distribution) int64   { return d.P50 }
func p90(d *Distribution) int64   { return d.P90 }
func p99(d *Distribution) int64   { return d.P99 }
func p999(d *Distribution) int64  { return d.P999 }
func p9999(d *Distribution) int64 { return d.P9999 }
func most(d *Distribution) int64  { return d.Max }

// whole writes a number of packets to the last digit.
func whole(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
