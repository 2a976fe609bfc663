package results

import (
	"slices"

	"github.com/montanaflynn/stats"
)

// NewPacketRange describes at least one number of packets.
func NewPacketRange(packets []int64) PacketRange {
	values := stats.LoadRawData(packets)
	// They fail where there are no values, and the deviation has none of a single one.
	mean, _ := stats.Mean(values)
	median, _ := stats.Median(values)
	r := PacketRange{Mean: mean, Median: median, Min: slices.Min(packets), Max: slices.Max(packets)}
	if len(packets) > 1 {
		r.StdDev, _ = stats.StandardDeviationSample(values)
	}
	return r
}

// MeanDurationS is the mean time that the longest bursts took; ok is false without repetitions.
func MeanDurationS(b Burst) (seconds float64, ok bool) {
	durations := make([]float64, len(b.Repetitions))
	for i, r := range b.Repetitions {
		durations[i] = r.DurationS
	}
	mean, err := stats.Mean(durations)
	return mean, err == nil
}
