package report

import (
	"fmt"
	"math"

	"tunbench/results/analysis"
)

// soakSentence says what changed over a soak.
func soakSentence(w analysis.Warning) string {
	switch w := w.(type) {
	case analysis.MetricDrifted:
		verb := "rose"
		if w.ChangeRatio < 0 {
			verb = "fell"
		}
		return fmt.Sprintf("%s %s by %s %% over the soak (rank correlation with time %.2f)", w.Metric, verb, percent(math.Abs(w.ChangeRatio)), w.RankCorrelation)
	case analysis.MemoryGrew:
		return fmt.Sprintf("the %s's memory grew from %sB to %sB, %sB an hour: a leak?",
			w.Process, scaled(float64(w.FirstBytes)), scaled(float64(w.LastBytes)), scaled(w.GrowthBytesPerHour))
	}
	return ""
}
