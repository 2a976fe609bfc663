package analysis

import (
	"slices"

	"tunbench/results"
)

// TimePoint is a figure over a stretch of time. Least and Most differ where it stands for several trials.
type TimePoint struct {
	Seconds     float64 // since the first trial
	Value       float64 // their median
	Least, Most float64
	Trials      int
}

// Timeline is a metric over the usable trials of one scenario and phase, in the order of their time, whatever the order of the file, in at most so many points: of
// more, neighbours are taken together, and the least and the greatest of them are kept.
func Timeline(trials []results.Trial, scenario string, phase results.Phase, m results.Metric, points int) []TimePoint {
	var times, values []float64
	inTime := slices.Clone(trials)
	slices.SortStableFunc(inTime, func(a, b results.Trial) int { return a.Start.Compare(b.Start) })
	for _, t := range inTime {
		if t.Scenario != scenario || t.Phase != phase {
			continue
		}
		if v, ok := figureOf(t, m); ok {
			times, values = append(times, float64(t.Start.UnixNano())/1e9), append(values, v)
		}
	}
	if len(values) == 0 {
		return nil
	}
	together := (len(values) + points - 1) / points
	var out []TimePoint
	for i := 0; i < len(values); i += together {
		some := slices.Clone(values[i:min(i+together, len(values))])
		out = append(out, TimePoint{
			Seconds: times[i] - times[0], Value: medianOf(some).Median, Least: slices.Min(some), Most: slices.Max(some), Trials: len(some),
		})
	}
	return out
}
