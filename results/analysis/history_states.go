package analysis

import (
	"math"
	"slices"

	"github.com/montanaflynn/stats"

	"tunbench/results"
)

const (
	// farDistanceNs is the way of a cache line between two CPUs and back from which on they count as far from each other. Between CPUs that share a cache it takes
	// below 100 ns, over a socket or between moved virtual CPUs 300 and more.
	farDistanceNs = 200
	// leastInState is the least number of runs in each state, and of neighbours in different states, that say how far apart the states are.
	leastInState = 3
)

// States says that some runs were measured while the CPUs were near each other, and some while they were far, and that this was taken out before changes were looked for.
type States struct {
	Near, Far int     // runs
	Ratio     float64 // of a figure when far to the same when near
}

// farTrials says whether the CPUs were far from each other in most repeats. Trials that did not measure it count as near.
func farTrials(trials []results.Trial) bool {
	far := 0
	for _, t := range trials {
		if t.CPU != nil && t.CPU.DistanceNs != nil && *t.CPU.DistanceNs >= farDistanceNs {
			far++
		}
	}
	return 2*far > len(trials)
}

// align sets what each point would be with near CPUs. How far apart the states are is the median over neighbours of which one is near and one far: a change of level falls
// between few of them.
func (s *Series) align() {
	var steps []float64
	states := &States{}
	for i, p := range s.Points {
		if p.Far {
			states.Far++
		} else {
			states.Near++
		}
		if i == 0 || p.Far == s.Points[i-1].Far {
			continue
		}
		step := math.Log(p.Value / s.Points[i-1].Value)
		if !p.Far {
			step = -step
		}
		steps = append(steps, step)
	}
	if min(states.Near, states.Far, len(steps)) < leastInState {
		return
	}
	median, _ := stats.Median(slices.Clone(steps)) // there are some
	states.Ratio = math.Exp(median)
	for i, p := range s.Points {
		if p.Far {
			s.Points[i].Aligned = p.Value / states.Ratio
		}
	}
	s.States = states
}
