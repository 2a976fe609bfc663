package analysis

import (
	"math"
	"time"

	"tunbench/results"
)

// MetricDrifted says that a metric changed over a soak, so much and so steadily that it is hardly chance.
type MetricDrifted struct{ results.Drift }

// MemoryGrew says that a process may leak memory.
type MemoryGrew struct{ results.Memory }

// SoakWarnings says which metrics drifted over a soak, and whose memory grew.
func SoakWarnings(s results.Soak) []Warning {
	var out []Warning
	for _, d := range s.Drifts {
		if notable(d) {
			out = append(out, MetricDrifted{d})
		}
	}
	lasted := time.Duration(s.DurationS * float64(time.Second))
	for _, m := range s.Memory {
		if leaks(m, lasted) {
			out = append(out, MemoryGrew{m})
		}
	}
	return out
}

// What a drift must be to deserve a warning: large enough to matter, steady, and hardly chance. Neighbouring intervals resemble one another,
// which makes chance look smaller than it is; hence all three.
const (
	minChange = 0.05
	minTrend  = 0.5
	maxChance = 0.01
)

// notable says whether a drift is large, steady, and hardly chance.
func notable(d results.Drift) bool {
	return math.Abs(d.ChangeRatio) >= minChange && math.Abs(d.RankCorrelation) >= minTrend && d.PValue != nil && *d.PValue <= maxChance
}

// What growth of memory looks like a leak: more than the noise of an allocator, and a good part of what was there.
const (
	minGrowthBytes = 4 << 20
	minGrowthRatio = 0.1
)

// leaks says whether a process looks as if it leaked memory. What grows once, as a heap does that fills its first arenas, is no slope.
func leaks(m results.Memory, watched time.Duration) bool {
	growth := m.GrowthBytesPerHour * watched.Hours()
	return !(growth < minGrowthBytes || growth < minGrowthRatio*float64(m.FirstBytes) || m.LastBytes <= m.FirstBytes)
}
