package search

import (
	"math"
	"time"
)

const (
	// The duration sum grows at most by this factor from stage to stage. Where one
	// stage misleads the next, the search has wasted no more than this share.
	stageGrowth = 5
	// No stage is coarser than this, however many there are.
	widestStage = 0.25
)

// stages returns the goals to reach one after the other, from coarse to g itself. The
// first rests on single trials of the initial duration, the sum then grows to that of g
// by a constant factor, and the width halves.
func (g Goal) stages() []Goal {
	ratio := float64(g.DurationSum) / float64(g.InitialDuration)
	// Rounding must not make a power of the factor one stage longer.
	steps := int(math.Ceil(math.Log(ratio)/math.Log(stageGrowth) - 1e-9))
	stages := []Goal{g}
	for i := steps - 1; i >= 0; i-- {
		s := g
		grown := float64(g.InitialDuration) * math.Pow(ratio, float64(i)/float64(steps))
		s.DurationSum = time.Duration(grown).Round(time.Microsecond)
		s.FinalDuration = min(g.FinalDuration, s.DurationSum)
		s.Width = max(g.Width, min(g.Width*math.Exp2(float64(steps-i)), widestStage))
		stages = append([]Goal{s}, stages...)
	}
	return stages
}
