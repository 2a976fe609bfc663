package analysis

import (
	"slices"
	"strings"

	"tunbench/results"
)

// LoadPoint is what became of one load of a search, or of a run for its latency.
type LoadPoint struct {
	Order       int // of its kind, from 0
	IntendedPps float64
	LossRatio   *float64
	LatencyNs   *results.Distribution
	DurationS   float64
	GoalShare   *results.GoalShare
}

// SearchPoints is the usable trials of one phase that belong to a search, in their order: those of its scenario but for the load and its duration.
func SearchPoints(search results.Search, phase results.Phase, trials []results.Trial) []LoadPoint {
	scenario := withoutLoad(search.Scenario)
	var points []LoadPoint
	for _, t := range trials {
		if t.Phase != phase || !t.Usable() || t.IntendedPps == nil || withoutLoad(t.Scenario) != scenario {
			continue
		}
		points = append(points, LoadPoint{len(points), perDirection(t), t.LossRatio, t.LatencyNs, t.DurationS, t.GoalShare})
	}
	return points
}

// perDirection is the intended load of one direction, as a search has it.
func perDirection(t results.Trial) float64 {
	if len(t.Directions) > 0 && t.Directions[0].IntendedPps != nil {
		return *t.Directions[0].IntendedPps
	}
	return *t.IntendedPps
}

// withoutLoad is what the scenarios of a search have in common.
func withoutLoad(scenario string) string {
	parts := slices.DeleteFunc(strings.Split(scenario, "/"), func(part string) bool {
		key, _, _ := strings.Cut(part, "=")
		return key == "load" || key == "duration" || key == "warmup"
	})
	return strings.Join(parts, "/")
}
