package results

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Distribution is a set of durations in nanoseconds: what a reader asks for first, and the whole histogram. Percentiles have the precision
// of the histogram they came from.
type Distribution struct {
	Count     int64   `json:"count"`
	Min       int64   `json:"min"`
	Mean      float64 `json:"mean"`
	P50       int64   `json:"p50"`
	P90       int64   `json:"p90"`
	P99       int64   `json:"p99"`
	P999      int64   `json:"p999"`
	P9999     int64   `json:"p9999"`
	Max       int64   `json:"max"`
	Histogram string  `json:"histogram,omitempty"` // HdrHistogram V2, deflated, base64, as its loggers write it
}

// NewDistribution describes a histogram of nanoseconds. An empty histogram has no percentiles: the distribution is nil, which is absent in
// a record.
func NewDistribution(h *hdrhistogram.Histogram) (*Distribution, error) {
	if h == nil || h.TotalCount() == 0 {
		return nil, nil
	}
	encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode histogram: %w", err)
	}
	return &Distribution{
		Count:     h.TotalCount(),
		Min:       h.Min(),
		Mean:      h.Mean(),
		P50:       h.ValueAtPercentile(50),
		P90:       h.ValueAtPercentile(90),
		P99:       h.ValueAtPercentile(99),
		P999:      h.ValueAtPercentile(99.9),
		P9999:     h.ValueAtPercentile(99.99),
		Max:       h.Max(),
		Histogram: string(encoded),
	}, nil
}

// Decode returns the histogram that the distribution was made of.
func (d *Distribution) Decode() (*hdrhistogram.Histogram, error) {
	h, err := hdrhistogram.Decode([]byte(d.Histogram))
	if err != nil {
		return nil, fmt.Errorf("decode histogram: %w", err)
	}
	return h, nil
}
