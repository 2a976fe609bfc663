package traffic

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Every histogram of this package holds nanoseconds with two significant
// figures. The buckets reach to latencyMax; histogram.bpf.h fills the same ones.
const (
	latencyLowest  = 1
	latencyHighest = int64(10 * time.Second)
	latencyFigures = 2
	latencyMax     = 1<<34 - 1
)

// NewHistogram returns an empty histogram of nanoseconds, into which all those of
// this package can be merged.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(latencyLowest, latencyHighest, latencyFigures)
}

// importLatency makes a histogram from counts in the order of its buckets.
func importLatency(counts []int64) *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue:  latencyLowest,
		HighestTrackableValue: latencyHighest,
		SignificantFigures:    latencyFigures,
		Counts:                counts,
	})
}

// record adds n times ns to h. What lies outside the range of the histogram
// goes to its nearest end.
func record(h *hdrhistogram.Histogram, ns, n int64) {
	// In range after this, so that RecordValues cannot fail.
	_ = h.RecordValues(min(max(ns, 0), latencyMax), n)
}
