package analysis

import (
	"math"
	"slices"
	"time"

	"tunbench/results"
)

// RoundPoint is one round of a comparison in time: the ratios, and how the host fared meanwhile. What is not known is nil.
type RoundPoint struct {
	Round      int       // from 0
	Start      time.Time // of its first trial
	Ratio      *float64  // of B to A; nil where the round has none
	Control    *float64  // of A to itself
	Steal      *float64  // share of the CPU time that the hypervisor took, the most of the round's trials
	DistanceNs *float64  // between the CPUs, the most of the round's trials
}

// RoundSeries is the rounds of one series in a metric, in their order, those that an interruption left without an arm not among them.
func RoundSeries(series []results.Trial, m results.Metric) []RoundPoint {
	var points []RoundPoint
	for _, r := range roundsIn(series) {
		all := slices.Concat(r.baseline(), r.b)
		p := RoundPoint{Round: r.number, Start: all[0].Start}
		for _, t := range all {
			if t.Start.Before(p.Start) {
				p.Start = t.Start
			}
			if t.CPU != nil {
				p.Steal, p.DistanceNs = most(p.Steal, t.CPU.StealRatio), most(p.DistanceNs, t.CPU.DistanceNs)
			}
		}
		var one tally
		switch roundOutcome(m, standingOf(r.baseline(), m), standingOf(r.b, m)) {
		case outcomeCompared:
			one.add(r, m)
			p.Ratio = new(math.Exp(one.logs[0]))
			if len(one.control) > 0 {
				p.Control = new(math.Exp(one.control[0]))
			}
		case outcomeNothing:
			p.Ratio = new(0.0)
		}
		points = append(points, p)
	}
	return points
}

// most is the greater of two figures that may be absent.
func most(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}
