// Package histogram is the one histogram of nanoseconds that generators, sinks and their
// readers share: HdrHistogram with two significant figures. BPF programs fill the same
// buckets, by ../bpf/histogram.bpf.h.
package histogram

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// Max is the highest value in ns that the last bucket holds.
	Max = 1<<34 - 1
	// Buckets is how many counts a histogram has.
	Buckets = 3584
)

const (
	lowest  = 1 // ns
	highest = int64(10 * time.Second)
	figures = 2
)

// New returns an empty histogram of nanoseconds, into which all others of generators and
// sinks can be merged.
func New() *hdrhistogram.Histogram {
	return hdrhistogram.New(lowest, highest, figures)
}

// Import makes a histogram from counts in the order of its buckets.
func Import(counts []int64) *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue:  lowest,
		HighestTrackableValue: highest,
		SignificantFigures:    figures,
		Counts:                counts,
	})
}

// Record adds n times ns to h. What lies outside the range of the histogram goes to its
// nearest end.
func Record(h *hdrhistogram.Histogram, ns, n int64) {
	// In range after this, so that RecordValues cannot fail.
	_ = h.RecordValues(min(max(ns, 0), Max), n)
}
