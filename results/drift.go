package results

import (
	"fmt"
	"math"
	"time"
)

// What a drift must be to deserve a warning: large enough to matter, steady, and hardly chance. Neighbouring intervals resemble one another,
// which makes chance look smaller than it is; hence all three.
const (
	minChange = 0.05
	minTrend  = 0.5
	maxChance = 0.01
)

// Warning says in words that the metric drifted, "" if it did not.
func (d Drift) Warning() string {
	if !d.notable() {
		return ""
	}
	verb := "rose"
	if d.ChangeRatio < 0 {
		verb = "fell"
	}
	return fmt.Sprintf("%s %s by %s %% over the soak (rank correlation with time %.2f)",
		d.Metric, verb, percent(math.Abs(d.ChangeRatio)), d.RankCorrelation)
}

// notable says whether the drift is large, steady, and hardly chance.
func (d Drift) notable() bool {
	return math.Abs(d.ChangeRatio) >= minChange && math.Abs(d.RankCorrelation) >= minTrend && d.PValue != nil && *d.PValue <= maxChance
}

// What growth of memory looks like a leak: more than the noise of an allocator, and a good part of what was there.
const (
	minGrowthBytes = 4 << 20
	minGrowthRatio = 0.1
)

// Warning says in words that the process may leak memory after so long a time, "" if it does not look so. What grows once, as a heap does
// that fills its first arenas, is no slope.
func (m Memory) Warning(watched time.Duration) string {
	growth := m.GrowthBytesPerHour * watched.Hours()
	if growth < minGrowthBytes || growth < minGrowthRatio*float64(m.FirstBytes) || m.LastBytes <= m.FirstBytes {
		return ""
	}
	return fmt.Sprintf("the %s's memory grew from %sB to %sB, %sB an hour: a leak?",
		m.Process, scaled(float64(m.FirstBytes)), scaled(float64(m.LastBytes)), scaled(m.GrowthBytesPerHour))
}
