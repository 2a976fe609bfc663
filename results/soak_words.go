package results

import (
	"fmt"
	"math"
)

// soakSentence says what changed over a soak.
func soakSentence(odd Odd) string {
	switch o := odd.(type) {
	case MetricDrifted:
		verb := "rose"
		if o.ChangeRatio < 0 {
			verb = "fell"
		}
		return fmt.Sprintf("%s %s by %s %% over the soak (rank correlation with time %.2f)", o.Metric, verb, percent(math.Abs(o.ChangeRatio)), o.RankCorrelation)
	case MemoryGrew:
		return fmt.Sprintf("the %s's memory grew from %sB to %sB, %sB an hour: a leak?",
			o.Process, scaled(float64(o.FirstBytes)), scaled(float64(o.LastBytes)), scaled(o.GrowthBytesPerHour))
	}
	return ""
}
