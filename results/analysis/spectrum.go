package analysis

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tunbench/results"
)

// Quantile is the latency below which a share of the packets stayed.
type Quantile struct {
	Share float64 // 0 to below 1
	Ns    int64
}

// Spectrum is the latencies of all usable trials of one scenario and arm taken together.
type Spectrum struct {
	Repeats
	RoundTrip bool // of round trips, else one way
	Packets   int64
	Quantiles []Quantile // ascending
}

// spectrumShares are those of a [Spectrum], close enough for a line.
func spectrumShares() []float64 {
	return []float64{
		0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.992, 0.995, 0.997, 0.998,
		0.999, 0.9992, 0.9995, 0.9998, 0.9999,
	}
}

// beyondQuantile is how many packets must lie above a quantile for it to be one: of fewer the quantile is the greatest latency under another name.
const beyondQuantile = 1

// Spectra takes the latency histograms of each scenario and arm together, in the order in which these come first; those without latencies are left out. A
// quantile with less than one packet above it is left out.
func Spectra(trials []results.Trial) ([]Spectrum, error) {
	var spectra []Spectrum
	for _, group := range groupTrials(trials) {
		s := Spectrum{Repeats: Repeats{group[0].Scenario, group[0].Arm}}
		var all *hdrhistogram.Histogram
		for _, t := range group {
			d := latencyOf(t)
			if !t.Usable() || d == nil || d.Histogram == "" {
				continue
			}
			h, err := d.Decode()
			if err != nil {
				return nil, fmt.Errorf("latencies of %s: %w", t.Scenario, err)
			}
			s.RoundTrip = t.LatencyNs == nil
			if all == nil {
				all = h
			} else {
				all.Merge(h)
			}
		}
		if all == nil || all.TotalCount() == 0 {
			continue
		}
		s.Packets = all.TotalCount()
		for _, share := range spectrumShares() {
			if math.Round((1-share)*float64(s.Packets)*1e6)/1e6 >= beyondQuantile { // 1-0.9999 is a little less than 0.0001
				s.Quantiles = append(s.Quantiles, Quantile{share, all.ValueAtPercentile(100 * share)})
			}
		}
		spectra = append(spectra, s)
	}
	return spectra, nil
}

// latencyOf is the latencies of a trial, one way or there and back.
func latencyOf(t results.Trial) *results.Distribution {
	if t.LatencyNs != nil {
		return t.LatencyNs
	}
	return t.RoundTripNs
}
