package search

import (
	"cmp"
	"slices"
)

// conditionalThroughput returns, in packets per second, the forwarding rate to be
// expected at a load that is a lower bound (RFC 9971, appendix B): that of the worst
// full-length trial which the exceed ratio does not excuse. Trial time that is still
// missing to the duration sum counts as lost altogether.
func conditionalThroughput(g Goal, load float64, trials []Trial) float64 {
	var full []Trial
	var sum float64
	for _, t := range trials {
		if t.Duration >= g.FinalDuration {
			full = append(full, t)
			sum += float64(t.Effective)
		}
	}
	slices.SortStableFunc(full, func(a, b Trial) int { return cmp.Compare(a.LossRatio, b.LossRatio) })

	remaining := max(float64(g.DurationSum), sum) * (1 - g.ExceedRatio)
	for _, t := range full {
		remaining -= float64(t.Effective)
		if remaining <= 0 {
			return load * (1 - t.LossRatio)
		}
	}
	return 0
}
